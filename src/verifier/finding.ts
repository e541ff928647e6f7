import { bySeverity, type Severity } from '../report/findings.js';

export type { Severity };

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
  /** Whether tenants reach one another by it is not known: what it names is not isolated, the database neither. */
  undecided?: true | undefined;
  /** It is in the baseline. */
  baselined?: boolean | undefined;
}

/** Worst first, then by key, so that two runs over one state read the same. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => bySeverity(a, b) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Whether nobody has accepted it, for good reasons or for now. */
export function isOpen({ waived, baselined }: Finding): boolean {
  return !waived && !baselined;
}

/** An error that the baseline covers. */
export function isAccepted({ severity, waived, baselined }: Finding): boolean {
  return severity === 'error' && baselined === true && !waived;
}

/** The mildest severity that a gate says no to. */
export type FailOn = 'error' | 'warn';

/** Whether the gate says no for it. */
export function failsGate(finding: Finding, failOn: FailOn): boolean {
  return isOpen(finding) && bySeverity(finding, { severity: failOn }) <= 0;
}
