import type { Client } from '../../../postgres/connect.js';
import { variantsOf } from '../../../tenancy/config.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { dependentsByBase } from './derived.js';
import type { World } from './world.js';

/**
 * The relations whose policies, defaults or constraints call a function or an operator that is not PostgreSQL's own, or
 * whose policies read another relation, which has policies of its own, by oid: one query. Of what is PostgreSQL's own
 * pg_depend holds nothing.
 */
export async function readOwnCode(client: Client): Promise<Set<number>> {
  const { rows } = await client.query<{ oid: number }>(`
    select coalesce(p.polrelid, a.adrelid, c.conrelid) as oid
    from pg_catalog.pg_depend d
      left join pg_catalog.pg_policy p on d.classid = 'pg_catalog.pg_policy'::regclass and p.oid = d.objid
      left join pg_catalog.pg_attrdef a on d.classid = 'pg_catalog.pg_attrdef'::regclass and a.oid = d.objid
      left join pg_catalog.pg_constraint c on d.classid = 'pg_catalog.pg_constraint'::regclass and c.oid = d.objid
    where (d.refclassid = any ('{pg_catalog.pg_proc, pg_catalog.pg_operator}'::regclass[])
        or d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> p.polrelid)
      and coalesce(p.polrelid, a.adrelid, c.conrelid) > 0`);
  return new Set(rows.map(({ oid }) => oid));
}

/**
 * Whether every context has the same plans for what is said about a table. A plan holds what its context says only where a
 * function that reads it is declared IMMUTABLE, and so is computed when planning: of PostgreSQL's own none is. What else it
 * rests on, such as the role, the server compares by itself. So nobody's code but PostgreSQL's may be called: by policies,
 * defaults and constraints of the table and of those that it refers to, of which rows may be made; no trigger, no rule, no
 * view.
 */
export function plansAlike(world: World): (known: ClassifiedRelation) => boolean {
  const { model, children, byOid, ownCode } = world;
  const { context } = model.config;
  const bySetting = 'setting' in context && variantsOf(context).length === 0;
  const shown = dependentsByBase(world);
  const known = new Map<number, boolean>();
  const isAlike = (oid: number): boolean => {
    const decided = known.get(oid);
    if (decided !== undefined) return decided;
    // In a circle of references none is known to be.
    known.set(oid, false);
    const relation = byOid.get(oid)?.relation;
    const alike =
      relation?.kind === 'table' &&
      [relation.parents, relation.triggers, relation.rules].every(({ length }) => length === 0) &&
      !ownCode.has(oid) &&
      !children.has(oid) &&
      !shown.has(oid) &&
      relation.constraints
        .flatMap(({ foreignKey }) => foreignKey?.relation ?? oid)
        .every((to) => to === oid || isAlike(to));
    known.set(oid, alike);
    return alike;
  };
  return ({ relation }) => bySetting && isAlike(relation.oid);
}
