import type { DatabaseFunction, Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Subject } from '../../check.js';
import { bodyOf } from '../../functions.js';
import { findAll, textsOf } from '../../policy/nodes.js';

/** What writing to a table may write besides. */
export interface Written {
  /** Tables of tenants, the table itself where its rows may come to be another tenant's. */
  relations: ClassifiedRelation[];
  /** Texts that stand in what is run: each may name a tenant. */
  constants: string[];
}

/** Reads what the triggers and rules of a table write to, and those of what they write to. */
export function writtenBy(subject: Subject): (known: ClassifiedRelation) => Written {
  const { snapshot, tenancy } = subject;
  const functions = new Map(snapshot.functions.map((fn) => [fn.oid, fn]));
  const functionsByName = byName(snapshot.functions);
  const relationsByName = byName(snapshot.relations);
  const tables = tenancy.relations.filter(
    ({ class: kind, relation }) => (kind === 'tenant' || kind === 'root') && /table$/.test(relation.kind),
  );
  return (known) => {
    const [reached, called] = [new Set<number>(), new Set<DatabaseFunction>()];
    const constants = new Set<string>();
    let anything = false;
    const readTree = (tree: unknown): void => {
      for (const { sval, ival } of findAll(tree, 'A_Const')) {
        const text = sval?.sval ?? (ival?.ival === undefined ? '' : String(ival.ival));
        if (text !== '') constants.add(text);
      }
      const writes = WRITES.flatMap((kind) => findAll(tree, kind).flatMap(({ relation }) => relation ?? []));
      for (const { schemaname, relname } of writes) {
        const named = relationsByName.get(relname ?? '') ?? [];
        for (const one of named) if (!schemaname || one.schema === schemaname) reach(one);
      }
      for (const { funcname } of findAll(tree, 'FuncCall')) {
        for (const fn of functionsByName.get(textsOf(funcname).at(-1) ?? '') ?? []) call(fn);
      }
    };
    const call = (fn: DatabaseFunction): void => {
      if (called.has(fn) || fn.extension !== undefined) return;
      called.add(fn);
      const body = bodyOf(subject, fn);
      anything ||= !body || body.dynamic;
      readTree(body?.statements);
    };
    const setOff = ({ triggers, rules }: Relation): void => {
      for (const { function: oid, enabled } of triggers) {
        const fn = functions.get(oid);
        if (fn && enabled !== 'disabled' && enabled !== 'replica') call(fn);
      }
      for (const { event, definition } of rules) {
        if (event !== 'select') readTree(subject.sql.statements(definition));
      }
    };
    const reach = (relation: Relation): void => {
      if (reached.has(relation.oid)) return;
      reached.add(relation.oid);
      setOff(relation);
    };
    setOff(known.relation);
    const { tenantColumn = '' } = known;
    if ([...called].some(({ source }) => source.includes(tenantColumn))) reached.add(known.relation.oid);
    return {
      relations: tables.filter(({ relation }) => anything || reached.has(relation.oid)),
      constants: [...constants],
    };
  };
}

const WRITES = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const;

function byName<T extends { name: string }>(all: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) {
    const known = found.get(one.name);
    if (known) known.push(one);
    else found.set(one.name, [one]);
  }
  return found;
}
