import type { Direction, Step } from '../files/load.js';
import type { Past } from '../ledger/memory.js';

/** A migration to run, with its place in the ledger. */
export interface Turn {
  step: Step;
  /** As the ledger names it, or is going to. */
  file: string;
  batch: number;
  /** Its rows in knex's ledger, which go. */
  ids: readonly number[];
  /** The direction in which an earlier run began it and did not finish. */
  partWay: Direction | undefined;
  /** What that run had done. */
  past: Past | undefined;
}
