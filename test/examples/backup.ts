import { expect } from 'vitest';
import { TABLES } from '../../examples/backup/migrations/support/tables.js';
import { type BackfillResult, backfillTenant } from '../../src/backfill/run.js';
import { databaseAt } from '../support/connect.js';
import type { Example } from './example.js';

export const NAMES = TABLES.map(({ name }) => name);
export const CAPS = 'caps-automotive';
export const NORTH = 'north-harbour';

export async function backfill({ url, tenancy }: Example): Promise<BackfillResult> {
  return backfillTenant(await databaseAt(url), tenancy, {
    ...{ tables: [], tenant: CAPS, batchSize: 20, dryRun: false, lockWaitMs: 10_000, onEvent: () => {} },
  });
}

/** The way from the single-tenant product to the last file. */
export async function changeOver(example: Example): Promise<void> {
  await expect(example.migrate()).rejects.toThrow('backfill-tenant');
  await backfill(example);
  await example.migrate();
}

/** What the application of before sends: it knows of no tenant. */
export function oldInsert(id: string): string {
  return `INSERT INTO devices (id, store_id, hostname, platform) VALUES ('${id}', 'caps_store_1', '${id}', 'linux')`;
}
