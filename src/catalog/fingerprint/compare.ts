import type { QueryResult } from 'pg';
import type { Client } from '../../postgres/connect.js';
import { seenAmong, THERE } from './query.js';
import { OBJECT } from './tables.js';

/** What an object is like: properties as people name them. */
export type Definition = Readonly<Record<string, unknown>>;

/** An object that is not as tenantctl left it. */
export interface Deviation {
  kind: string;
  /** Its name, with its schema and what it is on: 'public.orders.total'. */
  identity: string;
  /** The table or view that it is on. */
  parent: string | null;
  /** null: it was not there. */
  before: Definition | null;
  /** null: it is gone. */
  now: Definition | null;
}

/** Longest wait for a table that somebody has locked: PostgreSQL opens it to write its expressions down. */
const LOCK_TIMEOUT = '500ms';

/**
 * Prepares a transaction for reading the schema: every name is then written with its schema, whatever the login's
 * search_path is, and settings of the role or of what ran before do not matter. To compile the query, or to look for
 * another order of its joins, takes longer than to run it.
 *
 * @param begin SQL that begins it, where it is not open yet
 * @param first SQL that goes before the schema is looked at
 * @returns CTEs that end in `seen`, as seenAmong says
 */
export async function prepareReading(client: Client, begin = '', first = ''): Promise<string> {
  const answer: unknown = await client.query(
    `${begin};
     select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
            pg_catalog.set_config('lock_timeout', '${LOCK_TIMEOUT}', true),
            pg_catalog.set_config('statement_timeout', '0', true),
            pg_catalog.set_config('jit', 'off', true),
            pg_catalog.set_config('join_collapse_limit', '1', true);
     ${first};
     select ${THERE} as there`,
  );
  const told = (answer as QueryResult<{ there: boolean[] }>[]).at(-1);
  return seenAmong(told?.rows[0]?.there ?? []);
}

/**
 * Compares the schema, object by object, with what tenantctl left.
 *
 * @param seen what `prepareReading` has returned in the same transaction
 * @throws the server's 55P03, where a table is locked
 */
export async function compareSchema(client: Client, seen: string): Promise<Deviation[]> {
  const { rows } = await client.query<Deviation>(`
    with ${seen}
    select kind, identity, coalesce(s.parent, o.parent) as parent, o.definition as before, s.definition as now
      from ${OBJECT} o full join seen s using (kind, identity)
     where o.definition is distinct from s.definition
     order by identity collate "C", kind collate "C"`);
  return rows;
}
