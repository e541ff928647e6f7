import type { Client } from '../../postgres/connect.js';
import type { Column } from '../snapshot.js';
import { grantsIn, OWN_SCHEMA } from './grants.js';

/** Gives the name of a column of a relation by its number. */
export type ColumnName = (relation: number, number: number) => string;

/** Columns with the relation they belong to. */
export interface ColumnOf {
  relation: number;
  column: Column;
}

interface ColumnRow {
  relation: number;
  typeOid: number;
  name: string;
  number: number;
  type: string;
  elementType: string | null;
  notNull: boolean;
  defaultExpression: string | null;
  generated: boolean;
  identity: Column['identity'] | null;
  collationDeterministic: boolean;
  grants: Column['grants'];
}

export async function readColumns(client: Client, typesRead: Promise<Types>): Promise<ColumnOf[]> {
  const { rows } = await client.query<ColumnRow>(`
    select a.attrelid as relation, a.atttypid as "typeOid", a.attname as name, a.attnum as number,
      format_type(a.atttypid, a.atttypmod) as type,
      case when t.typcategory = 'A' and t.typelem <> 0 then format_type(t.typelem, a.atttypmod) end
        as "elementType",
      a.attnotnull as "notNull", pg_get_expr(d.adbin, d.adrelid) as "defaultExpression",
      a.attgenerated <> '' as generated,
      case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
      coalesce(l.collisdeterministic, true) as "collationDeterministic",
      case when a.attacl is null then '[]'::json else ${grantsIn('a.attacl')} end as grants
    from pg_attribute a
      join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v', 'm', 'f')
      join pg_namespace n on n.oid = c.relnamespace
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_collation l on l.oid = a.attcollation
    where a.attnum > 0 and not a.attisdropped and ${OWN_SCHEMA}
    order by a.attrelid, a.attnum`);
  const types = await typesRead;
  return rows.map(({ relation, typeOid, ...row }) => ({
    relation,
    column: {
      ...row,
      ...describeType(types, typeOid, row.type),
      elementType: row.elementType ?? undefined,
      defaultExpression: row.defaultExpression ?? undefined,
      identity: row.identity ?? undefined,
    },
  }));
}

interface TypeRow {
  oid: number;
  kind: Column['typeKind'];
  baseOid: number;
  baseType: string | null;
  notNull: boolean;
  labels: string[];
  checks: string[];
}

export type Types = ReadonlyMap<number, TypeRow>;

/** Every type that is not a plain base type: domains nest, so they are resolved here rather than in SQL. */
export async function readTypes(client: Client): Promise<Types> {
  const { rows } = await client.query<TypeRow>(`
    select t.oid, case t.typtype when 'c' then 'composite' when 'd' then 'domain' when 'e' then 'enum'
        when 'r' then 'range' when 'm' then 'multirange' else 'pseudo' end as kind,
      t.typbasetype as "baseOid",
      case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod) end as "baseType",
      t.typnotnull as "notNull",
      case t.typtype when 'e' then array(select e.enumlabel::text from pg_enum e
        where e.enumtypid = t.oid order by e.enumsortorder) else '{}' end as labels,
      case t.typtype when 'd' then array(select pg_get_constraintdef(k.oid) from pg_constraint k
        where k.contypid = t.oid and k.contype = 'c' order by k.conname) else '{}' end as checks
    from pg_type t where t.typtype <> 'b' and (t.typtype <> 'c' or
      exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))`);
  return new Map(rows.map((row) => [row.oid, row]));
}

type TypeFacts = Pick<Column, 'typeKind' | 'baseType' | 'enumLabels' | 'domainChecks'>;

function describeType(types: Types, oid: number, name: string): TypeFacts {
  let type = types.get(oid);
  const typeKind = type?.kind ?? 'base';
  let baseType = name;
  const domainChecks: string[] = [];
  while (type?.kind === 'domain') {
    domainChecks.push(...type.checks);
    baseType = type.baseType ?? baseType;
    type = types.get(type.baseOid);
  }
  return { typeKind, baseType, enumLabels: type?.labels ?? [], domainChecks };
}
