import type { Client } from '../../postgres/connect.js';
import type { Column, Grant } from '../snapshot.js';
import { grantsIn, OWN_SCHEMA } from './grants.js';
import { readRows } from './rows.js';

/** Columns that nothing tells apart, with the relations that have one: all tables have the same tenant column, say. */
export interface ColumnsAlike {
  relations: number[];
  column: Column;
}

interface ColumnRow
  extends Omit<
    Column,
    'elementType' | 'defaultExpression' | 'identity' | 'collation' | 'grants' | keyof TypeFacts
  > {
  relations: number[];
  typeOid: number;
  elementType: string | null;
  defaultExpression: string | null;
  identity: Column['identity'] | null;
  collation: string | null;
  grants: Grant[] | null;
}

/** In the order of their numbers. */
export async function readColumns(client: Client, typesRead: Promise<Types>): Promise<ColumnsAlike[]> {
  const rows = await readRows<ColumnRow>(
    client,
    `select a.relations, a.atttypid::int8 as "typeOid", a.attname as name, a.attnum as number,
      format_type(a.atttypid, a.atttypmod) as type,
      case when t.typcategory = 'A' and t.typelem <> 0 then format_type(t.typelem, a.atttypmod) end
        as "elementType",
      a.attnotnull as "notNull", a.attnotnull and not a.unproved as "neverNull", a."defaultExpression", a.attgenerated <> '' as generated,
      case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
      coalesce(l.collisdeterministic, true) as "collationDeterministic", l.oid::regcollation::text as collation,
      case when a.attacl is not null then ${grantsIn('a.attacl')} end as grants
    from (${ALIKE}) a
      join pg_type t on t.oid = a.atttypid
      left join pg_collation l on l.oid = a.attcollation
    order by a.attnum`,
  );
  const types = await typesRead;
  return rows.map(({ relations, typeOid, ...row }) => ({
    relations,
    column: {
      ...row,
      ...describeType(types, typeOid, row.type),
      elementType: row.elementType ?? undefined,
      defaultExpression: row.defaultExpression ?? undefined,
      identity: row.identity ?? undefined,
      collation: row.collation ?? undefined,
      grants: row.grants ?? [],
    },
  }));
}

/** SQL for columns as they are stored, alike ones together: of thousands a few are left to be described. */
const ALIKE = `
  select json_agg(a.attrelid::int8) as relations, a.atttypid, a.atttypmod, a.attname, a.attnum, a.attnotnull,
    nn.oid is not null as unproved,
    a.attgenerated, a.attidentity, a.attcollation, a.attacl,
    -- A default names no column, and is written without looking at its table; a generation expression does.
    pg_get_expr(d.adbin, case when a.attgenerated <> '' then d.adrelid else 0 end) as "defaultExpression"
  from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v', 'm', 'f')
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_constraint nn on nn.contype = 'n' and not nn.convalidated
      and nn.conrelid = a.attrelid and nn.conkey = array[a.attnum]
  where a.attnum > 0 and not a.attisdropped and ${OWN_SCHEMA}
  group by 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12`;

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
