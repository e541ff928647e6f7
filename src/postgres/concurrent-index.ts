import { quoteIdent, quoteName } from '../identifiers.js';
import type { Client } from './connect.js';
import type { StatementKind } from './statement-kind.js';

type Build = NonNullable<StatementKind['builds']>;
type Drop = NonNullable<StatementKind['drops']>;
type Rebuild = NonNullable<StatementKind['rebuilds']>;

/** Whether there is no such index. */
export async function isGone(client: Client, { schema, index }: Drop): Promise<boolean> {
  const name = nameOf(schema, index);
  const { rows } = await client.query('select where to_regclass($1) is null', [name]);
  return rows.length > 0;
}

/** Whether an index of that name is on that table, and valid. */
export async function isBuilt(client: Client, build: Build): Promise<boolean> {
  return (await findIndex(client, build, true)) !== undefined;
}

/**
 * Drops, concurrently, the invalid indexes that an interrupted run of this statement left. They slow every write; of
 * CREATE INDEX, `IF NOT EXISTS` takes it for the real one; REINDEX would make yet another copy. What another session is
 * building just now is invalid, too, and stays.
 *
 * @returns their names
 */
export async function dropInvalid(client: Client, { builds, rebuilds }: StatementKind): Promise<string[]> {
  const built = builds && (await findIndex(client, builds, false));
  const invalid = rebuilds ? await findCopies(client, rebuilds) : built === undefined ? [] : [built];
  for (const name of invalid) await client.query(`drop index concurrently ${name}`);
  return invalid;
}

/**
 * What a REINDEX CONCURRENTLY leaves where it is interrupted: the copy that was not finished (`…_ccnew`), or the original
 * after the two have changed names (`…_ccold`).
 */
async function findCopies(client: Client, { relation, schema }: Rebuild): Promise<string[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `with named as (select to_regclass($1)::oid as oid union select relid from pg_partition_tree(to_regclass($1))),
          plain as (select coalesce(i.indrelid, named.oid) as oid
                      from named left join pg_catalog.pg_index i on i.indexrelid = named.oid
                    union
                    select c.oid from pg_catalog.pg_class c
                     where $1::text is null and ($2::text is null or c.relnamespace = to_regnamespace($2))),
          tables as (select oid from plain union
                     select c.reltoastrelid from plain join pg_catalog.pg_class c using (oid))
     select n.nspname as schema, c.relname as name
       from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indexrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and i.indrelid in (select oid from tables)
        and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.relid = i.indrelid)
      order by 1, 2`,
    [relation && nameOf(relation.schema, relation.name), schema === undefined ? null : quoteIdent(schema)],
  );
  return rows.map(quoteName);
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
    [nameOf(schema, table), index, valid],
  );
  return rows[0] && quoteName(rows[0]);
}

/** As the statement names it: without a schema, the search_path decides. */
function nameOf(schema: string | undefined, name: string): string {
  return schema === undefined ? quoteIdent(name) : quoteName({ schema, name });
}
