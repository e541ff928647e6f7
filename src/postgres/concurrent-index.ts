import { quoteIdent, quoteName } from '../identifiers.js';
import type { Client } from './connect.js';
import type { StatementKind } from './statement-kind.js';

type Build = NonNullable<StatementKind['builds']>;
type Drop = NonNullable<StatementKind['drops']>;

/** Whether there is no such index. */
export async function isGone(client: Client, { schema, index }: Drop): Promise<boolean> {
  const name = schema === undefined ? quoteIdent(index) : quoteName({ schema, name: index });
  const { rows } = await client.query('select where to_regclass($1) is null', [name]);
  return rows.length > 0;
}

/** Whether an index of that name is on that table, and valid. */
export async function isBuilt(client: Client, build: Build): Promise<boolean> {
  return (await findIndex(client, build, true)) !== undefined;
}

/**
 * Drops, concurrently, the invalid index that a CREATE INDEX CONCURRENTLY left when it failed: it slows every write, and
 * `IF NOT EXISTS` takes it for the real one. One that another session is building just now is invalid, too, and stays.
 *
 * @returns its name, or undefined where there was none
 */
export async function dropInvalid(client: Client, build: Build): Promise<string | undefined> {
  const invalid = await findIndex(client, build, false);
  if (invalid !== undefined) await client.query(`drop index concurrently ${invalid}`);
  return invalid;
}

async function findIndex(
  client: Client,
  { schema, table, index }: Build,
  valid: boolean,
): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
       from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indexrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where i.indrelid = to_regclass($1) and c.relname = $2 and i.indisvalid = $3
        and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = c.oid)`,
    [schema === undefined ? quoteIdent(table) : quoteName({ schema, name: table }), index, valid],
  );
  return rows[0] && quoteName(rows[0]);
}
