import type { RelationProbe } from '../proof/proof.js';
import type { Unmet } from '../rows/references.js';
import type { Pair, Subject } from '../world/subject.js';

/** What was tried on a table, and with which rows. */
export interface TableProbe {
  probe: RelationProbe;
  subject: Subject;
  /** undefined where no rows of two tenants could be had. */
  pair: Pair | undefined;
  /** Why there is no pair. */
  unmet: Unmet | undefined;
}
