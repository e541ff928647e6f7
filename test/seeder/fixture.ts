import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Event } from '../../src/events.js';
import { type SeedOptions, seed } from '../../src/seeder/seed.js';
import { databaseAt } from '../support/connect.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A directory of seeds, and a database of its own with these tables. */
export interface Nursery {
  directory: string;
  db: TestDatabase;
  events: Event[];
  write(files: Readonly<Record<string, string>>): Promise<void>;
  remove(file: string): Promise<void>;
  seed(options?: Partial<SeedOptions> & { url?: string }): ReturnType<typeof seed>;
}

export async function nursery(schema: string, files: Readonly<Record<string, string>>): Promise<Nursery> {
  const directory = await temporaryDirectory();
  const db = await createTestDatabase();
  onTestFinished(() => db.drop());
  await db.query(schema);
  const events: Event[] = [];
  const write = async (added: Readonly<Record<string, string>>) => {
    for (const [file, text] of Object.entries(added)) await writeFile(path.join(directory, file), text);
  };
  await write(files);
  return {
    ...{ directory, db, events, write },
    remove: (file) => rm(path.join(directory, file)),
    seed: async ({ url = db.url, ...options } = {}) =>
      seed(await databaseAt(url, options.signal ? { signal: options.signal } : {}), {
        ...{ seeds: { directories: [directory] }, lockWaitMs: 10_000 },
        onEvent: (event) => void events.push(event),
        ...options,
      }),
  };
}

/** What ran, in order. */
export const ran = (result: Awaited<ReturnType<typeof seed>>) => result.ran.map(({ name }) => name);
