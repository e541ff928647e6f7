import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import knex, { type Knex } from 'knex';
import { loadModule } from '../../src/module-loader.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Brings the booking platform's schema into an empty database, by knex alone: the fixture of everything else. */
export async function migrateBooking(url: string): Promise<void> {
  const directory = path.join(ROOT, 'migrations');
  const migrationSource: Knex.MigrationSource<string> = {
    getMigrations: async () => (await readdir(directory)).filter((file) => file.endsWith('.ts')).sort(),
    getMigrationName: (file) => file,
    getMigration: async (file) => (await loadModule(path.join(directory, file))) as unknown as Knex.Migration,
  };
  await withKnex(url, (db) => db.migrate.latest({ migrationSource }));
}

/** Runs the booking platform's seeds on its migrated schema. */
export async function seedBooking(url: string): Promise<void> {
  const directory = path.join(ROOT, 'seeds');
  await withKnex(url, async (db) => {
    for (const file of (await readdir(directory)).filter((name) => name.endsWith('.ts')).sort()) {
      const { seed } = (await loadModule(path.join(directory, file))) as unknown as Knex.Seed;
      await db.transaction(async (transaction) => {
        await seed(transaction);
      });
    }
  });
}

async function withKnex(url: string, use: (db: Knex) => Promise<unknown>): Promise<void> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 1, max: 1 } });
  try {
    await use(db);
  } finally {
    await db.destroy();
  }
}
