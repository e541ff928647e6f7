import type { Knex } from 'knex';

export interface Index {
  name: string;
  unique?: true;
  /** Table and columns, as after ON: 'users (organization_id, email)'. */
  on: string;
}

/**
 * Builds indexes on tables in use without blocking their writes; outside a transaction only.
 *
 * A build that was interrupted leaves an INVALID index, which costs every write and serves no query, and which
 * IF NOT EXISTS would take for the finished one. So it goes first, and a second run completes what the first began.
 */
export async function buildIndexes(knex: Knex, indexes: readonly Index[]): Promise<void> {
  for (const index of indexes) {
    if (await isValid(knex, index)) continue;
    await dropIndexes(knex, [index]);
    const kind = index.unique ? 'UNIQUE INDEX' : 'INDEX';
    await knex.raw(`CREATE ${kind} CONCURRENTLY ${index.name} ON ${index.on}`);
  }
}

/** Drops indexes without blocking the table's writes; outside a transaction only, and as often as one likes. */
export async function dropIndexes(knex: Knex, indexes: readonly Index[]): Promise<void> {
  for (const index of indexes) {
    await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${index.name}`);
  }
}

async function isValid(knex: Knex, index: Index): Promise<boolean> {
  const { rows } = await knex.raw<{ rows: { indisvalid: boolean }[] }>(
    'SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(?)',
    [index.name],
  );
  return rows[0]?.indisvalid ?? false;
}
