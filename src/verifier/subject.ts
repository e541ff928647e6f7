import type { CatalogSnapshot, Relation } from '../catalog/snapshot.js';
import { quoteName } from '../identifiers.js';
import type { TenancyModel } from '../tenancy/model.js';
import type { Subject } from './check.js';
import type { SqlParser } from './policy/parse.js';
import { reachOf } from './reach.js';

/** Puts together what the checks judge. */
export function subjectOf(snapshot: CatalogSnapshot, tenancy: TenancyModel, sql: SqlParser): Subject {
  const classified = new Map(tenancy.relations.map((known) => [known.relation.oid, known]));
  const byName = new Map(tenancy.relations.map((known) => [quoteName(known.relation), known]));
  const children = new Map<number, Relation[]>();
  for (const relation of snapshot.relations) {
    for (const parent of relation.parents) children.set(parent, [...(children.get(parent) ?? []), relation]);
  }
  return {
    snapshot,
    tenancy,
    sql,
    app: reachOf(snapshot, tenancy.config.appRole),
    relation: (oid) => classified.get(oid)?.relation,
    classified: (oid) => classified.get(oid),
    named: (schema, name) => byName.get(quoteName({ schema, name })),
    childrenOf: ({ oid }) => children.get(oid) ?? [],
  };
}
