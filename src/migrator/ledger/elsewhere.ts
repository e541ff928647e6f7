import { TenantctlError } from '../../errors.js';
import { type QualifiedName, quoteName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import { listSources, nameOf } from '../../source-files.js';

/**
 * Refuses to begin a ledger where another schema of the search_path has one that records these very files. So it looks
 * once a migration has made the schema that "$user" stands for, or has changed the search_path of the role or the database:
 * everything would be run a second time.
 *
 * @param place where the ledger would be begun
 * @param elsewhere the schema that has one of that name
 * @throws TenantctlError usage
 */
export async function refuseElsewhere(
  client: Client,
  place: QualifiedName,
  elsewhere: string,
  directories: readonly string[],
): Promise<void> {
  const other = quoteName({ schema: elsewhere, name: place.name });
  const files = await listSources(directories, 'migrations');
  const names = new Set(files.map(({ name }) => name));
  const applied = (await readNames(client, other)).filter((file) => names.has(nameOf(file)));
  if (applied.length === 0) return;
  const [schema, theirs] = [place.schema, elsewhere].map((name) => JSON.stringify(name));
  throw new TenantctlError({
    kind: 'usage',
    code: 'LEDGER_ELSEWHERE',
    message: `Cannot tell which ledger is meant: the search_path now begins with the schema ${schema}, which has none, and ${other}, further on in it, records ${applied.length} of these files as applied.`,
    hint: `migrations.schemaName: ${theirs} goes on with that ledger; ${schema} begins a new one, and runs every file`,
  });
}

/** None where this role may not look: then it is not the one that has kept it. */
async function readNames(client: Client, table: string): Promise<string[]> {
  const { rows: may } = await client.query(`select where has_table_privilege($1, 'select')`, [table]);
  if (may.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${table} where name is not null`);
  return rows.map(({ name }) => name);
}
