import type { CatalogSnapshot, Relation } from '../../../catalog/snapshot.js';
import type { OnEvent } from '../../../events.js';
import type { TenancyModel } from '../../../tenancy/model.js';
import type { CommittedRows } from './committed.js';
import type { ProbeLimits } from './limits.js';
import type { Hint } from './world.js';

export interface ProbeSetup {
  snapshot: CatalogSnapshot;
  model: TenancyModel;
  committed: CommittedRows;
  /** The login's role. */
  role: string;
  /** Relations that are to be tried; all of them by default. */
  isWanted?: ((relation: Relation) => boolean) | undefined;
  limits?: ProbeLimits | undefined;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
  /** By oid, values of columns for which it is not known what policies say. */
  hints?: ReadonlyMap<number, readonly Hint[]> | undefined;
}
