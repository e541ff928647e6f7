import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { type TestDatabase, useTestDatabase } from '../support/database.js';
import { createTenant, type Tenant } from './tenant.js';

/** Two organizations, as the superuser sees them, so constraints answer and not policies. */
export interface Rehearsal {
  database: TestDatabase;
  client: pg.Client;
  ours: Tenant;
  theirs: Tenant;
}

/** Gives every test the same two organizations in a transaction that is rolled back after it. */
export function useRehearsal(): Rehearsal {
  const database = useTestDatabase({ template: 'booking' });
  const rehearsal = { database } as Rehearsal;
  beforeAll(async () => {
    rehearsal.client = await database.client();
  });
  beforeEach(async () => {
    await rehearsal.client.query('BEGIN');
    rehearsal.ours = await createTenant(rehearsal.client, randomUUID(), 'ours');
    rehearsal.theirs = await createTenant(rehearsal.client, randomUUID(), 'theirs');
  });
  afterEach(async () => {
    await rehearsal.client.query('ROLLBACK');
  });
  return rehearsal;
}
