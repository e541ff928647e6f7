import { BOOKKEEPING_SCHEMA, ensureBookkeepingTables } from '../postgres/bookkeeping.js';
import type { Client } from '../postgres/connect.js';
import { describeSource } from './plan.js';
import type { KeyedPlan, LeftReason, Rows } from './sql.js';

/** A row that could not be filled. */
export interface Sample {
  reason: LeftReason;
  /** Key column → value as text. */
  key: Record<string, string>;
  /** Tenants that the paths lead to. */
  candidates: string[];
}

/** What became of rows, as far as a run has come. */
export interface Tally {
  scanned: number;
  updated: number;
  /** Had their tenant, or got it from somebody else meanwhile. */
  already: number;
  /** Could not be filled, by reason. */
  left: Partial<Record<LeftReason, number>>;
  samples: Sample[];
  /** Other columns that triggers changed → rows. */
  changed: Record<string, number>;
}

/** One pass over a table, from the first row to the one that was last when it began. */
export interface Run {
  id: string;
  cursor: string[] | undefined;
  upper: string[];
  tally: Tally;
}

export const NOTHING: Tally = { scanned: 0, updated: 0, already: 0, left: {}, samples: [], changed: {} };

const RUNS = `${BOOKKEEPING_SCHEMA}.backfill_run`;
const CONFLICTS = `${BOOKKEEPING_SCHEMA}.backfill_conflict`;

/** Makes the tables that remember how far a backfill has come, and which rows belong to several tenants. */
export async function ensureLedger(client: Client): Promise<void> {
  await ensureBookkeepingTables(client, {
    backfill_run: `id bigint generated always as identity primary key,
     relation_schema text not null, relation_name text not null, column_name text not null,
     plan jsonb not null,
     cursor text[], upper text[] not null,
     scanned bigint not null default 0, updated bigint not null default 0, already bigint not null default 0,
     "left" jsonb not null default '{}', samples jsonb not null default '[]', changed jsonb not null default '{}',
     role text not null default current_user,
     started_at timestamptz not null default now(), heartbeat_at timestamptz not null default now(),
     finished_at timestamptz`,
    backfill_conflict: `relation_schema text, relation_name text, key jsonb, candidates text[] not null,
     run bigint not null, found_at timestamptz not null default now(),
     primary key (relation_schema, relation_name, key)`,
  });
}

/** The unfinished pass over all rows by the same plan, if the last one was interrupted. */
export async function unfinishedRun(client: Client, plan: KeyedPlan): Promise<Run | undefined> {
  const { rows } = await client.query<RunRow>(
    `select id::text, cursor, upper, scanned::float8, updated::float8, already::float8, "left", samples, changed
       from ${RUNS}
      where relation_schema = $1 and relation_name = $2 and finished_at is null and plan = $3::jsonb
      order by id desc limit 1`,
    [plan.relation.schema, plan.relation.name, fingerprint(plan, 'all')],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { id, cursor, upper, ...tally } = row;
  return { id, cursor: cursor ?? undefined, upper, tally };
}

interface RunRow extends Tally {
  id: string;
  cursor: string[] | null;
  upper: string[];
}

/** Begins a pass: what earlier ones found out about this table is about to be found out again. */
export async function beginRun(client: Client, plan: KeyedPlan, rows: Rows, upper: string[]): Promise<Run> {
  const { schema, name } = plan.relation;
  await client.query(`delete from ${CONFLICTS} where relation_schema = $1 and relation_name = $2`, [
    schema,
    name,
  ]);
  await client.query(
    `update ${RUNS} set finished_at = now()
      where relation_schema = $1 and relation_name = $2 and finished_at is null`,
    [schema, name],
  );
  const inserted = await client.query<{ id: string }>(
    `insert into ${RUNS} (relation_schema, relation_name, column_name, plan, upper)
     values ($1, $2, $3, $4, $5) returning id::text`,
    [schema, name, plan.column, fingerprint(plan, rows), upper],
  );
  const [row] = inserted.rows;
  if (!row) throw new Error('INSERT … RETURNING returned no row');
  return { id: row.id, cursor: undefined, upper, tally: NOTHING };
}

/** Records how far the pass has come; in the batch's own transaction, so that neither can be there without the other. */
export async function saveRun(client: Client, run: Run, finished: boolean): Promise<void> {
  const { scanned, updated, already, left, samples, changed } = run.tally;
  await client.query(
    `update ${RUNS} set cursor = $2, scanned = $3, updated = $4, already = $5, "left" = $6, samples = $7,
            changed = $8, heartbeat_at = now(), finished_at = case when $9 then now() end
      where id = $1`,
    [
      run.id,
      run.cursor,
      ...[scanned, updated, already],
      ...[left, samples, changed].map((value) => JSON.stringify(value)),
      finished,
    ],
  );
}

/** A pass is only gone on with where it would do the same: the table, the order of its rows and where tenants come from. */
function fingerprint(plan: KeyedPlan, rows: Rows): string {
  const { oid, columns } = plan.relation;
  const key = columns
    .filter(({ name }) => plan.key.includes(name))
    .map(({ name, type, collation = null }) => [name, type, collation]);
  return JSON.stringify({ rows, table: oid, column: plan.column, key, from: describeSource(plan) });
}
