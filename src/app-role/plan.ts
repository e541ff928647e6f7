import type { CatalogSnapshot } from '../catalog/snapshot.js';
import type { TenancyModel } from '../tenancy/model.js';
import { type Change, diffRole } from './diff.js';
import { findGroup, type Group } from './group.js';
import type { LoginFacts } from './login.js';
import { unlimited, type Warning, warningsFor } from './warnings.js';

/** How the role differs from what it should be. */
export interface RolePlan {
  group: Group | undefined;
  /** In the order in which they have to be made; the password is not among them. */
  changes: Change[];
  warnings: Warning[];
}

/**
 * Compares the role with what the configuration asks for. Pure: the catalog and the login facts are all it looks at.
 *
 * @throws TenantctlError as findGroup
 */
export function planRole(
  snapshot: CatalogSnapshot,
  model: TenancyModel,
  role: string,
  facts: LoginFacts,
): RolePlan {
  const group = findGroup(snapshot, model, role);
  return {
    group,
    changes: diffRole(snapshot, model, { role, group, ...facts }),
    warnings: [...warningsFor(snapshot, model, role, group), ...unlimited(snapshot, role, facts.sessions)],
  };
}
