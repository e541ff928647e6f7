import type { Client } from '../../postgres/connect.js';
import type { Constraint, ForeignKey, Index } from '../snapshot.js';
import { OWN_SCHEMA } from './grants.js';
import { readRows } from './rows.js';

/** Gives the name of a column of a relation by its number. */
export type ColumnName = (relation: number, number: number) => string;

interface ConstraintRow extends Omit<Constraint, 'columns' | 'foreignKey' | 'operators'> {
  relation: number;
  key: number[] | null;
  foreignKey: ForeignKeyRow | null;
  operators: string[] | null;
}

interface ForeignKeyRow extends Omit<ForeignKey, 'columns' | 'deleteSetColumns'> {
  key: number[];
  deleteSet: number[] | null;
}

/** Constraints by the relation they are on. NOT NULL ones (PostgreSQL 18+) are a column's `notNull`. */
export async function readConstraints(
  client: Client,
  columnNames: Promise<ColumnName>,
): Promise<{ relation: number; constraint: Constraint }[]> {
  const rows = await readRows<ConstraintRow>(
    client,
    `select k.conrelid::int8 as relation, k.conname as name,
      case k.contype when 'p' then 'primary key' when 'u' then 'unique' when 'f' then 'foreign key'
        when 'c' then 'check' when 'x' then 'exclusion' end as kind,
      k.conkey as key, k.convalidated as validated,
      case when k.contype = 'p' or k.contype = 'f' and k.convalidated then '' else pg_get_constraintdef(k.oid) end
        as definition,
      k.condeferrable as deferrable, k.condeferred as "initiallyDeferred",
      case when k.contype = 'f' then json_build_object('relation', k.confrelid::int8, 'key', k.confkey,
        'onDelete', ${action('k.confdeltype')}, 'onUpdate', ${action('k.confupdtype')},
        -- Only since PostgreSQL 15 there is such a column; so written, the query needs not wait to hear the version.
        'deleteSet', case when k.confdeltype in ('n', 'd') then to_jsonb(k) -> 'confdelsetcols' end,
        'match', case k.confmatchtype when 'f' then 'full' else 'simple' end) end as "foreignKey",
      case when k.conexclop is not null then array(
        select o.oprname::text from unnest(k.conexclop) with ordinality x(op, at)
        join pg_operator o on o.oid = x.op order by x.at) end as operators,
      k.conparentid <> 0 or k.coninhcount > 0 as inherited
    from pg_constraint k
      join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_constraint above on above.oid = k.conparentid
    where k.contype in ('p', 'u', 'f', 'c', 'x') and ${OWN_SCHEMA}
      -- A foreign key to a partitioned table is repeated for each of its partitions, on the same table.
      and above.conrelid is distinct from k.conrelid
    order by k.conrelid, k.conname`,
  );
  const columnName = await columnNames;
  return rows.map((row) => ({ relation: row.relation, constraint: toConstraint(row, columnName) }));
}

function action(column: string): string {
  return `case ${column} when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null'
    when 'd' then 'set default' else 'no action' end`;
}

/** Written out field by field: of thousands, a copy by `...` takes several times as long. */
function toConstraint(row: ConstraintRow, columnName: ColumnName): Constraint {
  const { relation, foreignKey } = row;
  return {
    name: row.name,
    kind: row.kind,
    columns: namesOf(relation, row.key, columnName),
    definition: row.definition,
    validated: row.validated,
    deferrable: row.deferrable,
    initiallyDeferred: row.initiallyDeferred,
    foreignKey: foreignKey ? toForeignKey(foreignKey, relation, columnName) : undefined,
    operators: row.operators ?? [],
    inherited: row.inherited,
  };
}

function toForeignKey(row: ForeignKeyRow, from: number, columnName: ColumnName): ForeignKey {
  return {
    relation: row.relation,
    columns: namesOf(row.relation, row.key, columnName),
    onDelete: row.onDelete,
    onUpdate: row.onUpdate,
    deleteSetColumns: namesOf(from, row.deleteSet, columnName),
    match: row.match,
  };
}

function namesOf(relation: number, numbers: number[] | null, columnName: ColumnName): string[] {
  return numbers ? numbers.map((number) => columnName(relation, number)) : [];
}

interface IndexRow extends Omit<Index, 'columns' | 'constraint' | 'predicate'> {
  relation: number;
  key: number[];
  keyLength: number;
  constraint: string | null;
  predicate: string | null;
}

/** Indexes by the relation they are on. */
export async function readIndexes(
  client: Client,
  columnNames: Promise<ColumnName>,
): Promise<{ relation: number; index: Index }[]> {
  const rows = await readRows<IndexRow>(
    client,
    `select i.indrelid::int8 as relation, x.relname as name, i.indisunique as unique, i.indisprimary as primary,
      i.indisvalid as valid, i.indisexclusion as exclusion, m.amname as method, k.conname as constraint,
      i.indkey::int2[] as key, i.indnkeyatts as "keyLength", pg_get_expr(i.indpred, i.indrelid) as predicate,
      case when i.indisunique and (k.conname is null or x.reloptions is not null)
        then pg_get_indexdef(i.indexrelid) else '' end as definition,
      x.relispartition as inherited
    from pg_index i
      join pg_class x on x.oid = i.indexrelid
      join pg_am m on m.oid = x.relam
      join pg_class c on c.oid = i.indrelid and c.relkind in ('r', 'p', 'm')
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
    where ${OWN_SCHEMA}
    order by i.indrelid, x.relname`,
  );
  const columnName = await columnNames;
  return rows.map((row) => ({ relation: row.relation, index: toIndex(row, columnName) }));
}

function toIndex(row: IndexRow, columnName: ColumnName): Index {
  return {
    name: row.name,
    unique: row.unique,
    primary: row.primary,
    valid: row.valid,
    exclusion: row.exclusion,
    method: row.method,
    constraint: row.constraint ?? undefined,
    columns: namesOf(row.relation, row.key.slice(0, row.keyLength), columnName),
    predicate: row.predicate ?? undefined,
    definition: row.definition,
    inherited: row.inherited,
  };
}
