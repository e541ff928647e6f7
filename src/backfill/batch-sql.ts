import type { Relation } from '../catalog/snapshot.js';
import { quoteIdent, quoteLiteral } from '../identifiers.js';
import { BOOKKEEPING_SCHEMA } from '../postgres/bookkeeping.js';
import type { Path } from './derive.js';
import {
  collate,
  inRange,
  type KeyedPlan,
  orderOf,
  Parameters,
  type Query,
  type Range,
  type Rows,
  source,
  unfilled,
} from './sql.js';

/**
 * One batch in one statement: locks the unfilled rows of the range, derives their tenants, updates that one column,
 * compares every other column with what it was, and keeps conflicts. Answers one row: BatchRow.
 *
 * The rows are locked first and their parents looked up afterwards, by what is locked: in one join a row that was
 * updated while we waited would be combined with its former parent.
 */
export function batchQuery(plan: KeyedPlan, range: Range, rows: Rows, run: string): Query {
  const parameters = new Parameters();
  const { relation, column, key, paths } = plan;
  const tenant = quoteIdent(column);
  const within = inRange(plan, range, parameters);
  // Not as a condition that an index on the tenant could serve: where statistics are older than the column's emptiness,
  // the planner believes in a handful of rows and would read all of them for every batch.
  const none = rows === 'all' ? `(${unfilled(plan)}) is true` : unfilled(plan);
  const cast = (value: string) => `(${value})::${plan.type}${collate(plan.collation)}`;
  const values = paths.map((path, index) =>
    cast(`${alias(index, path.steps.length)}.${quoteIdent(path.column)}`),
  );
  const value = values.length > 0 ? `coalesce(${values.join(', ')})` : cast('null');
  const constant = plan.constant === undefined ? undefined : cast(parameters.add(plan.constant));
  const others = relation.columns
    .filter((c) => c.name !== column && !c.generated)
    .map((c) => quoteIdent(c.name));
  const images = (row: string, names: string[]) => `row(${names.map((name) => `${row}.${name}`).join(', ')})`;
  // Byte by byte: json has no equality, and numeric's calls 1.0 and 1.00 the same.
  const same = (names: string[]) =>
    `pg_catalog.record_image_eq(${images('t', names)}, ${images('(d.before)', names)})`;
  const text = `
    with seen as materialized (
      select ${rows === 'all' ? `count(*) as rows from ${source(relation)} t where ${within}` : '0 as rows'}
    ), locked as materialized (
      select t as before from ${source(relation)} t where ${within} and ${none}
       order by ${orderOf(plan, 't')}
         for no key update of t
    ), derived as materialized (
      select l.before, ${value} as value,
             ${any(values.map((each) => `${each} <> ${value}`))} as conflict,
             ${any(paths.map((path, index) => `${endColumn(path, index)} is not null`))} as reached,
             ${any(paths.map(brokenLink))} as broken,
             ${values.length > 0 ? `array_remove(array[${values.map((each) => `${each}::text`).join(', ')}], null)` : `'{}'::text[]`} as candidates
        from locked l
        ${paths.flatMap((path, index) => joins(relation, path, index)).join('\n        ')}
    ), decided as materialized (
      select before, candidates,
             ${constant === undefined ? 'value' : `case when reached or broken then value else ${constant} end as value`},
             case when conflict then 'conflict' when value is not null then 'fill' when reached then 'parent'
                  when broken then 'orphan' else ${quoteLiteral(constant === undefined ? 'no-link' : 'fill')} end as state
        from derived
    ), updated as (
      update ${source(relation)} t set ${tenant} = d.value
        from decided d
       where d.state = 'fill' and ${key.map((name) => `t.${quoteIdent(name)} = (d.before).${quoteIdent(name)}`).join(' and ')}
      returning case when ${same(others)} then '{}'::text[]
                     else array_remove(array[${others.map((name) => `case when not ${same([name])} then ${quoteLiteral(unquoted(name))} end`).join(', ')}], null) end
                || case when t.${tenant} is distinct from d.value then array[${quoteLiteral(column)}] else '{}'::text[] end
                as changed
    ), kept as (
      insert into ${BOOKKEEPING_SCHEMA}.backfill_conflict (relation_schema, relation_name, key, candidates, run)
      select ${parameters.add(relation.schema)}::text, ${parameters.add(relation.name)}::text,
             ${keyAsJson(plan, '(d.before)')}, d.candidates, ${parameters.add(run)}::bigint
        from decided d where d.state = 'conflict'
      on conflict (relation_schema, relation_name, key)
      do update set candidates = excluded.candidates, run = excluded.run, found_at = excluded.found_at
    )
    select (select rows from seen)::int as scanned,
           (select count(*) from locked)::int as locked,
           (select count(*) from decided where state = 'fill')::int as fillable,
           (select count(*) from updated)::int as updated,
           (select coalesce(jsonb_object_agg(name, rows), '{}')
              from (select name, count(*) as rows from updated, unnest(changed) name group by name) c) as changed,
           (select coalesce(jsonb_object_agg(state, rows), '{}')
              from (select state, count(*) as rows from decided where state <> 'fill' group by state) s) as "left",
           (select coalesce(jsonb_agg(jsonb_build_object('reason', state, 'key', key, 'candidates', candidates)), '[]')
              from (select d.state, ${keyAsJson(plan, '(d.before)')} as key, d.candidates,
                           row_number() over (partition by d.state order by ${orderOf(plan, '(d.before)')}) as place
                      from decided d where d.state <> 'fill') s where place <= ${SAMPLES}) as samples`;
  return { text, values: parameters.values };
}

/** Rows shown of each kind that could not be filled. */
export const SAMPLES = 5;

function keyAsJson(plan: KeyedPlan, row: string): string {
  return `jsonb_build_object(${plan.key.map((name) => `${quoteLiteral(name)}, ${row}.${quoteIdent(name)}::text`).join(', ')})`;
}

function alias(path: number, step: number): string {
  return step === 0 ? '(l.before)' : `p${path + 1}_${step}`;
}

function joins(start: Relation, path: Path, index: number): string[] {
  return path.steps.map(({ columns, to, references }, at) => {
    const [from, here] = [alias(index, at), alias(index, at + 1)];
    const left = at === 0 ? start : path.steps[at - 1]?.to;
    const on = columns.map((name, i) => {
      const reference = references[i] ?? '';
      const [own, other] = [collationOf(left, name), collationOf(to, reference)];
      // A foreign key compares by the collation of what it refers to; to a join, two of them are one too many.
      const how = own === other ? '' : collate(other);
      return `${here}.${quoteIdent(reference)} = ${from}.${quoteIdent(name)}${how}`;
    });
    return `left join ${source(to)} ${here} on ${on.join(' and ')}`;
  });
}

function collationOf(relation: Relation | undefined, column: string): string | undefined {
  return relation?.columns.find(({ name }) => name === column)?.collation;
}

/** A column of the last table that is never null where the join found a row. */
function endColumn(path: Path, index: number): string {
  return `${alias(index, path.steps.length)}.${quoteIdent(path.steps.at(-1)?.references[0] ?? '')}`;
}

/** The link is there, and what it refers to is not: only behind an unvalidated or disabled foreign key. */
function brokenLink(path: Path, index: number): string {
  return any(
    path.steps.map(({ columns, references }, at) => {
      const linked = columns.map((name) => `${alias(index, at)}.${quoteIdent(name)} is not null`);
      return `(${linked.join(' and ')} and ${alias(index, at + 1)}.${quoteIdent(references[0] ?? '')} is null)`;
    }),
  );
}

/** NULL, of a comparison with nothing, counts as no. */
function any(conditions: string[]): string {
  return conditions.length === 0 ? 'false' : `coalesce(${conditions.join(' or ')}, false)`;
}

function unquoted(identifier: string): string {
  return identifier.slice(1, -1).replaceAll('""', '"');
}
