import { isConnectionLost, sqlState } from '../../../postgres/errors.js';

export interface Statement {
  text: string;
  values?: readonly (string | null)[] | undefined;
  /** The statement as a report shows it, where `text` has a guard of ours in it. */
  shown?: string | undefined;
  /** Prepared under this name, once per session, so that its plan is reused. */
  name?: string | undefined;
}

export interface Answer {
  ok: true;
  /** Every value as PostgreSQL writes it. */
  rows: (string | null)[][];
  /** Rows returned, or rows changed. */
  count: number;
}

export interface Refusal {
  ok: false;
  sqlstate: string;
  message: string;
  constraint: string | undefined;
  column: string | undefined;
  /** 42501: whether a policy's WITH CHECK said no, or a privilege is missing. */
  byPolicy: boolean;
}

/** What came of a statement. */
export type Attempt = Answer | Refusal;

/** Reads an SQL error as an answer; what is none is passed on. */
export function refusalOf(error: unknown): Refusal {
  const sqlstate = sqlState(error);
  if (sqlstate === undefined || isConnectionLost(error)) throw error;
  const { message, constraint, column, routine } = error as {
    message: string;
    constraint?: string;
    column?: string;
    routine?: string;
  };
  // Both are 42501; the message is translated, the server's function that raised it is not.
  const byPolicy = sqlstate === '42501' && routine === 'ExecWithCheckOptions';
  return { ok: false, sqlstate, message, constraint, column, byPolicy };
}
