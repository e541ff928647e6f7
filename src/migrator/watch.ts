import type { Around } from '../postgres/around.js';
import type { Turn } from './run.js';

/** Looks on while files run, and says no by throwing. */
export interface Watch {
  /** What stands around each statement of a file. */
  around(turn: Turn): Around;
  /**
   * Called with a file's statements done and its settings undone: in its transaction, before its record; for a file
   * outside of one, once it is recorded.
   */
  inspect(turn: Turn): Promise<void>;
}
