import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import knex, { type Knex } from 'knex';
import { loadModule } from '../../src/module-loader.js';

const DIRECTORY = fileURLToPath(new URL('../../migrations', import.meta.url));

interface Migration extends Knex.Migration {
  config?: { transaction?: boolean };
}

export interface Step {
  /** File name. */
  name: string;
  transactional: boolean;
  /** In a transaction, unless the file opts out; there a test may put a connection of its own before it. */
  up(connection?: Knex): Promise<void>;
  down(connection?: Knex): Promise<void>;
}

/** Lends the booking platform's migrations, in order, and the one connection they run on. */
export async function withSteps<T>(
  url: string,
  use: (steps: readonly Step[], connection: Knex) => Promise<T>,
): Promise<T> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 1, max: 1 } });
  try {
    return await use(await loadSteps(db), db);
  } finally {
    await db.destroy();
  }
}

/** The steps before the one whose name begins so, and the one itself. */
export function splitAt(steps: readonly Step[], name: string): { before: readonly Step[]; step: Step } {
  const index = steps.findIndex((step) => step.name.startsWith(name));
  const step = steps[index];
  if (!step) throw new Error(`no migration begins with ${name}`);
  return { before: steps.slice(0, index), step };
}

export async function upAll(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await step.up();
}

export async function downAll(steps: readonly Step[]): Promise<void> {
  for (const step of [...steps].reverse()) await step.down();
}

async function loadSteps(db: Knex): Promise<Step[]> {
  const names = (await readdir(DIRECTORY)).filter((file) => file.endsWith('.ts')).sort();
  return await Promise.all(names.map((name) => loadStep(db, name)));
}

async function loadStep(db: Knex, name: string): Promise<Step> {
  const migration = (await loadModule(path.join(DIRECTORY, name))) as unknown as Migration;
  const transactional = migration.config?.transaction !== false;
  const run = async (direction: 'up' | 'down', connection: Knex) => {
    if (!transactional) await migration[direction]?.(connection);
    else await connection.transaction(async (transaction) => await migration[direction]?.(transaction));
  };
  return {
    name,
    transactional,
    up: (connection = db) => run('up', connection),
    down: (connection = db) => run('down', connection),
  };
}
