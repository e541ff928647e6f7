import type { CommittedRows } from '../world/committed.js';
import type { Reader } from './differential.js';
import type { Guise } from './guise.js';
import type { Tenants } from './tenants.js';
import type { Watch } from './watch.js';

/** What is the same for every table that is tried. */
export interface Setting {
  tenants: Tenants;
  /** Contexts that are no tenant's. */
  strangers: readonly Reader[];
  committed: CommittedRows;
  /** A tenant key that no tenant has. */
  unused: string;
  watch: Watch;
  /** The roles whose privileges the login has without doing anything. */
  roles: ReadonlySet<string>;
  guises: readonly Guise[];
}
