/**
 * What went wrong, as the person at the terminal has to act on it. Each kind has exactly one exit code
 * (src/cli/exit-codes.ts); `interrupted` has one per signal.
 */
export type ErrorKind =
  | 'bug'
  | 'usage'
  | 'gate'
  | 'inconclusive'
  | 'step-failed'
  | 'part-way'
  | 'unreachable'
  | 'retry'
  | 'privilege'
  | 'interrupted';

export interface ErrorDetails {
  kind: ErrorKind;
  /** Stable, machine-readable, SCREAMING_SNAKE_CASE: 'WRONG_PASSWORD'. */
  code: string;
  /** `Cannot <verb> <object>: <cause>.` */
  message: string;
  /** The remedy, printed after `Try:`: a command, SQL, or one sentence. */
  hint?: string;
  /** The SQL error behind it, when there is one. */
  sql?: SqlErrorDetails;
  /** What the command had done before it failed; becomes part of the JSON document. */
  partial?: unknown;
  cause?: unknown;
}

/** A PostgreSQL error, placed in the text that caused it. */
export interface SqlErrorDetails {
  sqlstate: string;
  message: string;
  detail?: string;
  hint?: string;
  file?: string;
  statement?: string;
  /** 1-based character offset into `statement`. */
  position?: number;
}

/** The only error class that is thrown on purpose; anything else that surfaces is a bug in tenantctl. */
export class TenantctlError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;
  readonly sql: SqlErrorDetails | undefined;
  readonly partial: unknown;

  constructor(details: ErrorDetails) {
    super(details.message, { cause: details.cause });
    this.name = 'TenantctlError';
    this.kind = details.kind;
    this.code = details.code;
    this.hint = details.hint;
    this.sql = details.sql;
    this.partial = details.partial;
  }
}
