import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { migrate } from '../../src/migrator/migrate.js';
import { type CliResult, runCli, spawnCli } from '../support/cli.js';
import { databaseAt } from '../support/connect.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A checkout with a configuration, migrations and seeds, and an empty database. */
export interface Checkout {
  directory: string;
  db: TestDatabase;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Applies migrations without the command: for tests of what comes after. */
  apply(to?: string): Promise<void>;
  run(...args: string[]): Promise<CliResult>;
  spawn(...args: string[]): ReturnType<typeof spawnCli>;
}

/** @param files by path: 'migrations/1_a.ts' */
export async function checkout(files: Readonly<Record<string, string>>): Promise<Checkout> {
  const directory = await temporaryDirectory();
  const db = await createTestDatabase();
  onTestFinished(() => db.drop());
  const write = async (added: Readonly<Record<string, string>>) => {
    for (const [file, text] of Object.entries(added)) {
      await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
      await writeFile(path.join(directory, file), text);
    }
  };
  await write({ 'tenantctl.config.json': '{}', 'migrations/.keep': '', 'seeds/.keep': '', ...files });
  const options = { cwd: directory, env: { DATABASE_URL: db.url } };
  return {
    ...{ directory, db, write },
    apply: async (to) => {
      const migrations = {
        directories: [path.join(directory, 'migrations')],
        ...{ tableName: 'knex_migrations', schemaName: undefined },
      };
      await migrate(await databaseAt(db.url), { migrations, to, lockWaitMs: 1_000, onEvent: () => {} });
    },
    run: (...args) => runCli(args, options),
    spawn: (...args) => spawnCli(args, options),
  };
}

/** The one document on stdout, which says how the command ended. */
export function documentOf({ stdout, exitCode }: CliResult): Record<string, unknown> {
  const document = JSON.parse(stdout) as Record<string, unknown>;
  if (document.exitCode !== exitCode) throw new Error(`exit code ${exitCode}, document ${document.exitCode}`);
  return document;
}

/** Waits until a statement runs in a database. */
export async function untilRunning(db: TestDatabase, fragment: string): Promise<void> {
  for (;;) {
    const rows = await db.query(
      `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
          and state = 'active' and position($1 in query) > 0`,
      [fragment],
    );
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
