export type Severity = 'error' | 'warn' | 'info';

export type Family =
  | 'rls'
  | 'policies'
  | 'roles'
  | 'grants'
  | 'keys'
  | 'views'
  | 'functions'
  | 'data'
  | 'configuration'
  | 'probe';

export interface Waiver {
  reason: string;
  /** ISO date. */
  until?: string | undefined;
}

export interface Finding {
  /** Stable and unambiguous: `rls-not-forced:"public"."orders"`; what a waiver names. */
  key: string;
  check: string;
  severity: Severity;
  schema: string;
  object: string;
  column?: string | undefined;
  detail: string;
  evidence: 'catalog' | 'data' | 'probe';
  /** The statement that went through, where the probe is the evidence. */
  statement?: string | undefined;
  /** SQL that mends it. */
  fix?: string | undefined;
  /** What to do, in words, where a team's own check says so. */
  remedy?: string | undefined;
  waived?: Waiver | undefined;
}

const RANK: Record<Severity, number> = { error: 0, warn: 1, info: 2 };

/** Worst first, then by key, so that two runs over one state read the same. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => RANK[a.severity] - RANK[b.severity] || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
}
