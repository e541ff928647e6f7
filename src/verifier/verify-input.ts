import type { Relation } from '../catalog/snapshot.js';
import type { OnEvent } from '../events.js';
import type { Database } from '../postgres/database.js';
import type { TenancyConfig } from '../tenancy/config.js';
import type { Baseline } from './baseline.js';
import type { FailOn } from './finding.js';
import type { CheckSelection } from './selection.js';

export interface VerifyInput {
  tenancy: TenancyConfig;
  /** Reads catalog and rows; writes nothing. */
  auditor: Database;
  /** The application's own login; without it nothing can be proven. */
  app: Database | undefined;
  /** The probe writes nothing, not even to take it back. */
  readOnly?: boolean | undefined;
  /** Relations that the probe leaves alone and functions that it does not call, as the configuration would name them. */
  excludeProbe?: readonly string[] | undefined;
  /** Relations that the probe is limited to; the others then lack it, and the verdict with them. */
  isWanted?: ((relation: Relation) => boolean) | undefined;
  now: Date;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
  /** All checks by default. */
  selection?: CheckSelection | undefined;
  failOn?: FailOn | undefined;
  /** What is accepted for now; `update` accepts everything that is found. */
  baseline?: { entries: Baseline; update: boolean } | undefined;
}
