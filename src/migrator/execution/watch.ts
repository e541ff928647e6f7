import type { Around } from '../../postgres/around.js';
import type { Session } from '../../postgres/session.js';
import type { Turn } from './turn.js';

/** Looks on while files run, and says no by throwing. */
export interface Watch {
  /** Before anything is done of a file, at each attempt at it: what stands around its statements. */
  begin(turn: Turn): Promise<Around>;
  /**
   * With its statements done, before its record: in its transaction, where it has one.
   *
   * @param session to be restored before the database is looked at, since the file's settings still hold
   */
  statementsDone(turn: Turn, session: Session): Promise<void>;
  /** Once a file outside a transaction is recorded. */
  committed(turn: Turn): Promise<void>;
}
