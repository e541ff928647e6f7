import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import knex, { type Knex } from 'knex';
import { onTestFinished } from 'vitest';
import type { TenantctlError } from '../../src/errors.js';
import type { Event } from '../../src/events.js';
import { type BaselineOptions, baseline } from '../../src/migrator/baseline.js';
import { type UnlockOptions, unlock } from '../../src/migrator/lock/unlock.js';
import { type MigrateOptions, migrate } from '../../src/migrator/migrate.js';
import { type RepairOptions, repair } from '../../src/migrator/repair.js';
import { type RollbackOptions, rollback } from '../../src/migrator/rollback.js';
import { status } from '../../src/migrator/status.js';
import { databaseAt } from '../support/connect.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

/** An empty database for one test. */
export async function freshDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  return database;
}

/** A directory of migrations and a database of its own, and the engines on both. */
export interface Project {
  directory: string;
  db: TestDatabase;
  events: Event[];
  write(files: Readonly<Record<string, string>>): Promise<void>;
  remove(file: string): Promise<void>;
  migrate(options?: Partial<MigrateOptions>): ReturnType<typeof migrate>;
  rollback(options?: Partial<RollbackOptions>): ReturnType<typeof rollback>;
  status(): ReturnType<typeof status>;
  baseline(to: string, options?: Partial<BaselineOptions>): ReturnType<typeof baseline>;
  repair(decision: RepairOptions['decision'], name: string, dryRun?: boolean): ReturnType<typeof repair>;
  unlock(options?: Partial<UnlockOptions>): ReturnType<typeof unlock>;
  /** The names in knex's ledger, in order of application. */
  ledger(): Promise<string[]>;
}

export async function project(
  files: Readonly<Record<string, string>>,
  ledger: { tableName?: string; schemaName?: string } = {},
): Promise<Project> {
  const directory = await temporaryDirectory();
  const db = await freshDatabase();
  const events: Event[] = [];
  const migrations = {
    directories: [directory],
    tableName: ledger.tableName ?? 'knex_migrations',
    schemaName: ledger.schemaName,
  };
  const onEvent = (event: Event) => void events.push(event);
  const common = { migrations, lockWaitMs: 10_000, onEvent };
  const open = (signal?: AbortSignal) => databaseAt(db.url, signal ? { signal, events } : { events });
  const write = async (added: Readonly<Record<string, string>>) => {
    for (const [file, text] of Object.entries(added)) await writeFile(path.join(directory, file), text);
  };
  await write(files);
  return {
    ...{ directory, db, events, write },
    remove: (file) => rm(path.join(directory, file)),
    migrate: async (options = {}) => migrate(await open(options.signal), { ...common, ...options }),
    rollback: async (options = {}) =>
      rollback(await open(options.signal), {
        ...{ ...common, selection: { kind: 'batch' }, approve: async () => {} },
        ...options,
      }),
    status: async () => status(await open(), migrations),
    baseline: async (to, options = {}) =>
      baseline(await open(), { ...common, to, dryRun: false, ...options }),
    repair: async (decision, name, dryRun = false) =>
      repair(await open(), { ...common, decision, name, dryRun, reason: 'the test says so' }),
    unlock: async (options = {}) =>
      unlock(await open(), { migrations, onEvent, dryRun: false, approve: async () => {}, ...options }),
    ledger: async () => {
      const rows = await db.query<{ name: string }>('select name from knex_migrations order by id');
      return rows.map(({ name }) => name);
    },
  };
}

/** A module that creates one table, and drops it. */
export function table(name: string): string {
  return `export const up = (knex) => knex.schema.createTable('${name}', (t) => { t.increments(); });
export const down = (knex) => knex.schema.dropTable('${name}');
`;
}

/** A module with these statements, outside a transaction. */
export function outside(up: readonly string[], down: readonly string[] = []): string {
  const body = (statements: readonly string[]) =>
    statements.map((sql) => `  await knex.raw(${JSON.stringify(sql)});`).join('\n');
  return `export const config = { transaction: false };
export async function up(knex) {
${body(up)}
}
export async function down(knex) {
${body(down)}
}
`;
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<TenantctlError> {
  try {
    await promise;
  } catch (error) {
    return error as TenantctlError;
  }
  throw new Error('it did not fail');
}

/** knex's own migrator on the same directory and database, as its CLI runs it. */
export async function withKnex<T>(
  p: Project,
  use: (migrator: Knex.Migrator) => Promise<T>,
  schemaName?: string,
): Promise<T> {
  const db = knex({
    client: 'pg',
    connection: p.db.url,
    pool: { min: 0, max: 1 },
    migrations: { directory: p.directory, ...(schemaName && { schemaName }) },
  });
  try {
    return await use(db.migrate);
  } finally {
    await db.destroy();
  }
}

/** What `table` gives as CommonJS, which knex loads without a loader of its own. */
export function cjs(name: string): string {
  return table(name).replaceAll(/export const (\w+)/g, 'exports.$1');
}
