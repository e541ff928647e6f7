import { dirname, resolve } from 'node:path';
import { TenantctlError } from '../errors.js';
import { parseName, type QualifiedName } from '../identifiers.js';
import type { TenancyConfig } from '../tenancy/config.js';
import { unreadableName } from '../tenancy/names.js';
import type { Config } from './config.js';
import type { ParsedConfig } from './schema.js';

/** Where tenantctl keeps what belongs to a checkout and not to its history: the embedded server, credentials. */
export const STATE_DIRECTORY = '.tenantctl';

/**
 * Turns what the user wrote into what the engines take.
 *
 * @param path the configuration file, or undefined where there is none; then `cwd` is the base of relative paths
 * @throws TenantctlError usage, where a relation's name cannot be read
 */
export function normalizeConfig(parsed: ParsedConfig, path: string | undefined, cwd: string): Config {
  const directory = path === undefined ? cwd : dirname(path);
  const absolute = (value: string | string[] | undefined, fallback: string) =>
    [value ?? fallback].flat().map((entry) => resolve(directory, entry));
  return {
    path,
    directory,
    migrations: {
      directories: absolute(parsed.migrations?.directory, 'migrations'),
      tableName: ledgerName(parsed.migrations?.tableName ?? 'knex_migrations'),
      schemaName: parsed.migrations?.schemaName,
    },
    seeds: { directories: absolute(parsed.seeds?.directory, 'seeds') },
    tenancy: parsed.tenancy && {
      ...normalizeTenancy(parsed.tenancy, directory),
      ledgerTable: parsed.migrations?.tableName,
    },
  };
}

/** PostgreSQL cuts names off after 63 bytes, and then the lock's table would be the ledger itself. */
const LONGEST_LEDGER = 63 - '_lock'.length;

/** @throws TenantctlError usage */
function ledgerName(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_LEDGER) return name;
  throw new TenantctlError({
    kind: 'usage',
    code: 'LEDGER_NAME',
    message: `Cannot use migrations.tableName ${JSON.stringify(name)}: it is longer than ${LONGEST_LEDGER} bytes, and the table of its lock would have no name of its own.`,
    hint: 'a shorter one',
  });
}

function normalizeTenancy(tenancy: NonNullable<ParsedConfig['tenancy']>, directory: string): TenancyConfig {
  const defaultSchema = tenancy.schemas[0] ?? 'public';
  const relation = (text: string, key: string): QualifiedName => {
    const name = parseName(text, defaultSchema);
    if (name) return name;
    throw unreadableName(`tenancy.${key}`, text);
  };
  const entries = <T>(record: Record<string, T>, key: string) =>
    Object.entries(record).map(([text, value]) => ({ relation: relation(text, key), value }));
  return {
    schemas: tenancy.schemas,
    root: relation(tenancy.root, 'root'),
    columns: [tenancy.column].flat(),
    columnOverrides: entries(tenancy.columns, 'columns').map((e) => ({
      relation: e.relation,
      column: e.value,
    })),
    context: tenancy.context,
    appRole: tenancy.appRole,
    appGroup: tenancy.appGroup,
    shared: entries(tenancy.shared, 'shared').map((e) => ({ relation: e.relation, reason: e.value })),
    isolation: tenancy.isolation,
    checksDirectory: tenancy.checks === undefined ? undefined : resolve(directory, tenancy.checks),
    waivers: tenancy.waivers,
    fixtures: entries(tenancy.probe?.fixtures ?? {}, 'probe.fixtures').map((e) => ({
      relation: e.relation,
      statements: [e.value].flat(),
    })),
  };
}
