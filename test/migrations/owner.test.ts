import pg from 'pg';
import { expect, it } from 'vitest';
import { quoteIdent } from '../../src/identifiers.js';
import { migrateBooking, seedBooking } from '../support/booking.js';
import { createLogin, createTestDatabase, type TestDatabase } from '../support/database.js';
import { downAll, upAll, withSteps } from './steps.js';
import { TENANT_TABLES } from './tenant.js';

/** A database whose owner is no superuser but may create roles, as on a managed server. */
async function withOwner<T>(use: (url: string, database: TestDatabase) => Promise<T>): Promise<T> {
  const database = await createTestDatabase();
  try {
    const owner = await createLogin(database, 'owner', { attributes: 'CREATEROLE' });
    await database.query(`ALTER DATABASE ${quoteIdent(database.name)} OWNER TO ${quoteIdent(owner.role)}`);
    // Until PostgreSQL 14 the schema was not the database owner's.
    await database.query(`ALTER SCHEMA public OWNER TO ${quoteIdent(owner.role)}`);
    return await use(owner.url, database);
  } finally {
    await database.drop();
  }
}

it('an owner without superuser rights migrates, seeds twice and rolls back', async () => {
  await withOwner(async (url, database) => {
    await migrateBooking(url);
    await seedBooking(url);
    await seedBooking(url);
    expect(await database.query('SELECT count(*)::int AS n FROM users')).toEqual([{ n: 21 }]);
    await withSteps(url, async (steps) => {
      await downAll(steps);
      await upAll(steps);
    });
  });
});

it('the owner is bound by the policies, too', async () => {
  await withOwner(async (url) => {
    await migrateBooking(url);
    await seedBooking(url);
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    try {
      for (const table of ['organizations', ...TENANT_TABLES]) {
        await expect(owner.query(`SELECT FROM ${table}`), table).rejects.toMatchObject({ code: 'TN001' });
      }
      const context = `SELECT set_config('app.organization_id', '10000000-0000-4000-8000-000000000001', false)`;
      await owner.query(context);
      expect((await owner.query('SELECT slug FROM organizations')).rows).toEqual([{ slug: 'norte' }]);
      // The cascade runs in the owner's name and reaches every row below, whatever the policies say.
      await owner.query('DELETE FROM organizations');
      for (const table of TENANT_TABLES) {
        expect((await owner.query(`SELECT FROM ${table}`)).rowCount, table).toBe(0);
      }
    } finally {
      await owner.end();
    }
  });
});
