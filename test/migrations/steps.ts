import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import knex, { type Knex } from 'knex';
import { loadModule } from '../../src/module-loader.js';

const DIRECTORY = fileURLToPath(new URL('../../migrations', import.meta.url));

/** The booking platform's migrations, one at a time. */
export interface Steps {
  names: readonly string[];
  up(name: string): Promise<void>;
  down(name: string): Promise<void>;
  /** Every migration before `name`, in order. */
  upTo(name: string): Promise<void>;
  upAll(): Promise<void>;
  downAll(): Promise<void>;
}

/** Lends the migrations of the booking platform on one connection, each in a transaction unless it opts out. */
export async function withSteps<T>(url: string, use: (steps: Steps, knex: Knex) => Promise<T>): Promise<T> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 1, max: 1 } });
  try {
    return await use(await createSteps(db), db);
  } finally {
    await db.destroy();
  }
}

async function createSteps(db: Knex): Promise<Steps> {
  const names = (await readdir(DIRECTORY)).filter((file) => file.endsWith('.ts')).sort();
  const run = async (name: string, direction: 'up' | 'down') => {
    const module = await loadModule(path.join(DIRECTORY, name));
    const migration = module as unknown as Knex.Migration & { config?: { transaction?: boolean } };
    const step = (connection: Knex) => migration[direction]?.(connection);
    if (migration.config?.transaction === false) await step(db);
    else await db.transaction(async (transaction) => await step(transaction));
  };
  const up = (name: string) => run(name, 'up');
  const down = (name: string) => run(name, 'down');
  const each = async (list: readonly string[], act: (name: string) => Promise<void>) => {
    for (const name of list) await act(name);
  };
  return {
    names,
    up,
    down,
    upTo: (last) =>
      each(
        names.slice(
          0,
          names.findIndex((name) => name.startsWith(last)),
        ),
        up,
      ),
    upAll: () => each(names, up),
    downAll: () => each([...names].reverse(), down),
  };
}
