/** How bad it is: `error` leaks or takes production down. */
export type Severity = 'error' | 'warn';

/** What the lint has to say of a statement, or of what a file has made by its end. */
export interface LintFinding {
  rule: string;
  severity: Severity;
  /** As the ledger names it. */
  file: string;
  /** 1-based; null where the statement comes from code, or no single one is to blame. */
  line: number | null;
  statement: string | null;
  /** The relation: `orders`, `shop.orders`; null where none is meant. */
  object: string | null;
  /** What breaks. */
  detail: string;
  /** How it is done instead, with the real names. */
  recipe: string;
  /** The reason of the waiver that covers it. */
  waived: string | null;
}

/** Whether it keeps a run with `--lint error` from going on. */
export function isFatal({ severity, waived }: LintFinding): boolean {
  return severity === 'error' && waived === null;
}

/** Worst first, then as they came. */
export function sortFindings(findings: readonly LintFinding[]): LintFinding[] {
  const rank = ({ severity, waived }: LintFinding) =>
    (waived === null ? 0 : 2) + (severity === 'error' ? 0 : 1);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}
