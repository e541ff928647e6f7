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
  | 'configuration';

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
  /** SQL that mends it. */
  fix?: string | undefined;
  waived?: Waiver | undefined;
}
