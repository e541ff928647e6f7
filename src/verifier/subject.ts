import type { CatalogSnapshot } from '../catalog/snapshot.js';
import type { TenancyModel } from '../tenancy/model.js';
import type { Subject } from './check.js';
import type { SqlParser } from './policy/parse.js';
import { reachOf } from './reach.js';

/** Puts together what the checks judge. */
export function subjectOf(snapshot: CatalogSnapshot, tenancy: TenancyModel, sql: SqlParser): Subject {
  const classified = new Map(tenancy.relations.map((known) => [known.relation.oid, known]));
  return {
    snapshot,
    tenancy,
    sql,
    app: reachOf(snapshot, tenancy.config.appRole),
    relation: (oid) => classified.get(oid)?.relation,
    classified: (oid) => classified.get(oid),
  };
}
