/** How bad a finding is: a hole, a weakness, a remark. */
export type Severity = 'error' | 'warn' | 'info';

const RANK: Record<Severity, number> = { error: 0, warn: 1, info: 2 };

/** For sorting: the worst first. */
export function bySeverity(a: { severity: Severity }, b: { severity: Severity }): number {
  return RANK[a.severity] - RANK[b.severity];
}

/** What findings come from; SARIF calls it a rule. */
export interface Rule {
  id: string;
  family: string;
  title: string;
  severity: Severity;
  explanation: string;
}

/** One thing that is wrong, for the formats that other tools read. */
export interface ReportedFinding {
  /** Stable from run to run, and of this finding alone. */
  key: string;
  rule: string;
  severity: Severity;
  /** What it is about, as people read it: 'students', 'shop.orders', a role; '' for the whole database. */
  object: string;
  /** The fact, in one line. */
  message: string;
  /** The file that it is about, where it is about one; from the repository's root. */
  file?: string | undefined;
  /** 1-based. */
  line?: number | undefined;
  /** The statement that proved it. */
  statement?: string | undefined;
  /** What to do, in words. */
  remedy?: string | undefined;
  /** SQL that mends it. */
  fix?: string | undefined;
  /** Whether the gate says no for it. */
  fails: boolean;
  /** Why it does not, where somebody decided so. */
  accepted?: { by: 'waiver' | 'baseline'; reason: string } | undefined;
}

/** Something that was tried and held, was not tried, or could not be told. */
export interface ReportedTest {
  /** As in a finding. */
  object: string;
  name: string;
  outcome: 'passed' | 'skipped' | 'inconclusive';
  /** What was done, or why not. */
  message?: string | undefined;
}

/** What a command found, beside its document. */
export interface Findings {
  /** Those that findings are of, and those that found nothing. */
  rules: readonly Rule[];
  /** Worst first; of two equal ones, the cause before what it leads to. */
  findings: readonly ReportedFinding[];
  tests: readonly ReportedTest[];
  /** The file that a finding without one of its own is shown at; from the repository's root. */
  place: string;
}

/** What proved it and what to do about it, a paragraph each. */
export function adviceOf({ statement, remedy, fix }: ReportedFinding): string[] {
  return [
    ...(statement === undefined ? [] : [`Went through: ${statement}`]),
    ...(remedy === undefined ? [] : [`Try: ${remedy}`]),
    ...(fix === undefined ? [] : [`Fix:\n${fix}`]),
  ];
}
