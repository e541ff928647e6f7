import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect } from 'vitest';
import { ensureAppRole } from '../../src/app-role/ensure.js';
import { loadConfig } from '../../src/config/load.js';
import { quoteIdent } from '../../src/identifiers.js';
import type { RollbackSelection } from '../../src/migrator/files/plan.js';
import { migrate } from '../../src/migrator/migrate.js';
import { rollback } from '../../src/migrator/rollback.js';
import { seed } from '../../src/seeder/seed.js';
import { discoverSources } from '../../src/source-files.js';
import type { TenancyConfig } from '../../src/tenancy/config.js';
import { ROOT, runCli } from '../support/cli.js';
import { databaseAt } from '../support/connect.js';
import { createLogin, createTestDatabase, dropRoleWith, type TestDatabase } from '../support/database.js';
import { describeSchema } from '../support/schema.js';
import { urlFor } from '../support/server.js';

const PASSWORD = 'a good password';
const WAIT = { lockWaitMs: 10_000, onEvent: () => {} };

/** One of the systems in examples/, on a database that its commands run against. */
export interface Example {
  /** Its directory in examples/. */
  system: string;
  database: TestDatabase;
  tenancy: TenancyConfig;
  /** Names of the migrations, in order. */
  files: string[];
  /** Whoever runs the commands. */
  url: string;
  /** The application's login, as the commands make and use it. */
  appUrl: string;
  /** @returns names of the files that were applied */
  migrate(to?: string): Promise<string[]>;
  rollback(selection: RollbackSelection): Promise<void>;
  /** Runs every seed, also one that ran before. */
  seed(): Promise<void>;
  /** `create-app-role`; then a connection as that login. */
  connectApp(): Promise<pg.Client>;
}

/** The path of an example's configuration. */
export function configOf(system: string): string {
  return join(ROOT, 'examples', system, 'tenantctl.config.ts');
}

/**
 * An empty database for an example, dropped when the file's tests are over.
 *
 * @param options.owner have the commands run as a login that owns the database and is no superuser
 */
export async function openExample(system: string, options: { owner?: true } = {}): Promise<Example> {
  const { config } = await loadConfig({ cwd: ROOT, env: {}, configPath: configOf(system) });
  const { tenancy, migrations, seeds } = config;
  if (!tenancy) throw new Error(`${system} has no tenancy`);
  const database = await createTestDatabase();
  afterAll(() => database.drop());
  // As PostgreSQL 15 and later make it: the migrations leave it so.
  await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  const url = options.owner ? await giveToOwner(database) : database.url;
  return {
    ...{ system, database, tenancy, url },
    appUrl: urlFor(url, database.name, { role: tenancy.appRole ?? '', password: PASSWORD }),
    files: (await discoverSources(migrations.directories, 'migrations')).map(({ file }) => file),
    migrate: async (to) => {
      const result = await migrate(await databaseAt(url), { migrations, to, ...WAIT });
      return result.applied.map(({ name }) => name);
    },
    rollback: async (selection) => {
      await rollback(await databaseAt(url), { migrations, selection, approve: async () => {}, ...WAIT });
    },
    seed: async () => {
      await database.query('DROP TABLE IF EXISTS tenantctl.seed_log');
      await seed(await databaseAt(url), { seeds, ...WAIT });
    },
    connectApp: async () => {
      const role = `${database.name}_app`;
      dropRoleWith(database, role);
      await ensureAppRole(await databaseAt(database.url), tenancy, {
        ...{ role, password: { kind: 'given', password: PASSWORD }, dryRun: false, ...WAIT },
      });
      const connectionString = urlFor(database.url, database.name, { role, password: PASSWORD });
      const client = new pg.Client({ connectionString });
      await client.connect();
      afterAll(() => client.end());
      return client;
    },
  };
}

async function giveToOwner(database: TestDatabase): Promise<string> {
  const owner = await createLogin(database, 'owner', { attributes: 'CREATEROLE' });
  await database.query(`ALTER DATABASE ${quoteIdent(database.name)} OWNER TO ${quoteIdent(owner.role)}`);
  // Until PostgreSQL 14 the schema was not the database owner's.
  await database.query(`ALTER SCHEMA public OWNER TO ${quoteIdent(owner.role)}`);
  return owner.url;
}

export interface CommandResult {
  exitCode: number | null;
  /** What `--json` printed. */
  document: Record<string, unknown>;
}

interface Proof {
  verdict: string;
  findings: unknown[];
  relations: { name: string; class: string; verdict: string }[];
}

/** Runs a command of the built CLI on the example. */
export async function runCommand(example: Example, ...args: string[]): Promise<CommandResult> {
  const { appUrl, system, url } = example;
  const env = { APP_ROLE_PASSWORD: PASSWORD, APP_DATABASE_URL: appUrl };
  const config = ['--config', configOf(system), '--database-url', url];
  const { exitCode, stdout, stderr } = await runCli([...args, ...config, '--json'], { env });
  if (stdout === '') throw new Error(`${args.join(' ')} printed nothing: ${stderr}`);
  return { exitCode, document: JSON.parse(stdout) as Record<string, unknown> };
}

/** Dozens of migrations, or half a dozen processes, take their time on a busy machine. */
export const WALK_MS = 120_000;

/** The way to a proof that no README leaves out: rows, the application's login, and what it can reach. */
export async function expectIsolated(example: Example): Promise<void> {
  // The name in the configuration is the one the proof asks for, and roles belong to the whole cluster.
  dropRoleWith(example.database, example.tenancy.appRole ?? '');
  for (const command of ['seed', 'create-app-role']) {
    expect(await runCommand(example, command), command).toMatchObject({ exitCode: 0 });
  }
  const { exitCode, document } = await runCommand(example, 'verify-tenancy');
  const { verdict, findings, relations } = document as unknown as Proof;
  expect(findings).toEqual([]);
  const ofTenants = relations.filter(({ class: kind }) => kind === 'root' || kind === 'tenant');
  expect(ofTenants.filter((relation) => relation.verdict !== 'isolated')).toEqual([]);
  expect({ verdict, exitCode }).toEqual({ verdict: 'isolated', exitCode: 0 });
}

/**
 * Takes every file up, down and up again, then all of them down, and expects the same schema each time.
 *
 * @param before what an operator does before a file can be applied, by the beginning of its name
 */
export async function expectReversible(
  example: Example,
  before: Readonly<Record<string, () => Promise<void>>> = {},
): Promise<void> {
  const client = await example.database.client();
  const empty = await describeSchema(client);
  let below = empty;
  for (const file of example.files) {
    const prepare = Object.entries(before).find(([name]) => file.startsWith(name))?.[1];
    if (prepare) {
      await prepare();
      below = await describeSchema(client);
    }
    await example.migrate(file);
    const above = await describeSchema(client);
    await example.rollback({ kind: 'steps', count: 1 });
    expect(await describeSchema(client), `${file} down`).toBe(below);
    await example.migrate(file);
    expect(await describeSchema(client), `${file} up again`).toBe(above);
    below = above;
  }
  await example.rollback({ kind: 'all' });
  expect(await describeSchema(client), 'all down').toBe(empty);
}

/** What the server said no with; the transaction goes on as if nothing had been tried. */
export async function refusal(
  client: pg.ClientBase,
  sql: string,
  values?: unknown[],
): Promise<pg.DatabaseError> {
  await client.query('SAVEPOINT attempt');
  try {
    await client.query(sql, values);
  } catch (error) {
    await client.query('ROLLBACK TO attempt');
    return error as pg.DatabaseError;
  }
  throw new Error(`nothing was refused: ${sql}`);
}
