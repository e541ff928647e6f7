import { expect, it } from 'vitest';
import { seedBooking } from '../support/booking.js';
import { crashes } from '../support/crash.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { describeSchema } from '../support/schema.js';
import { downAll, splitAt, upAll, withSteps } from './steps.js';

/** Lends an empty database whose schema is as PostgreSQL 15 and later make it: on 14, PUBLIC may create in it. */
async function withEmptyDatabase<T>(use: (database: TestDatabase) => Promise<T>): Promise<T> {
  const database = await createTestDatabase();
  try {
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    return await use(database);
  } finally {
    await database.drop();
  }
}

it('every file: up, down, up leaves the same schema, and so do all files', async () => {
  await withEmptyDatabase(async (database) => {
    const client = await database.client();
    await withSteps(database.url, async (steps) => {
      const empty = await describeSchema(client);
      for (const step of steps) {
        const before = await describeSchema(client);
        await step.up();
        const after = await describeSchema(client);
        expect(after, `${step.name} does nothing`).not.toBe(before);
        await step.down();
        expect(await describeSchema(client), `${step.name} down`).toBe(before);
        await step.up();
        expect(await describeSchema(client), `${step.name} up again`).toBe(after);
      }
      const full = await describeSchema(client);
      await downAll(steps);
      expect(await describeSchema(client), 'all down').toBe(empty);
      await upAll(steps);
      expect(await describeSchema(client), 'all up again').toBe(full);
    });
  });
});

it('with rows in every table: back to the foundation, whose rows stay, and forth again', async () => {
  await withEmptyDatabase(async (database) => {
    const foundation = () =>
      Promise.all([
        database.query('SELECT id, email, uid, provider FROM users ORDER BY id'),
        database.query('SELECT id, user_id, content FROM posts ORDER BY id'),
        database.query('SELECT id, user_id, post_id FROM likes ORDER BY id'),
      ]);
    await withSteps(database.url, async (steps, connection) => {
      await upAll(steps);
      await seedBooking(database.url);
      const rows = await foundation();
      expect(rows.map((table) => table.length)).toEqual([21, 6, 12]);
      await downAll(steps.slice(1));
      expect(await foundation()).toEqual(rows);

      const { before, step } = splitAt(steps, '20250718000011');
      await upAll(before.slice(1));
      const organization = `INSERT INTO organizations (name, slug, subdomain) VALUES ('a', 'a', 'a') RETURNING id`;
      const { rows: made } = await connection.raw<{ rows: { id: string }[] }>(organization);
      for (const table of ['users', 'posts', 'likes']) {
        await connection(table).update({ organization_id: made[0]?.id });
      }
      await upAll(steps.slice(steps.indexOf(step)));
      expect(await foundation()).toEqual(rows);
    });
  });
});

it('what was changed before the columns existed gets its timestamps', async () => {
  await withEmptyDatabase(async (database) => {
    await withSteps(database.url, async (steps) => {
      await upAll(steps);
      await seedBooking(database.url);
      const { step } = splitAt(steps, '20250718000016_');
      const later = steps.slice(steps.indexOf(step));
      await downAll(later);
      await upAll(later);
      const states = await database.query(
        `SELECT state, count(confirmed_at)::int AS confirmed, count(executed_at)::int AS executed,
           count(cancelled_at)::int AS cancelled FROM appointments GROUP BY state ORDER BY state`,
      );
      expect(states).toEqual([
        { state: 'cancelled', confirmed: 0, executed: 0, cancelled: 6 },
        { state: 'confirmed', confirmed: 3, executed: 0, cancelled: 0 },
        { state: 'draft', confirmed: 0, executed: 0, cancelled: 0 },
        { state: 'executed', confirmed: 0, executed: 3, cancelled: 0 },
      ]);
    });
  });
});

it('a file without a transaction ends the same after a crash at any of its statements', async () => {
  await withEmptyDatabase(async (database) => {
    const client = await database.client();
    await withSteps(database.url, async (steps, connection) => {
      for (const step of steps) {
        if (step.transactional) {
          await step.up();
          continue;
        }
        const before = await describeSchema(client);
        await step.up();
        const after = await describeSchema(client);
        await step.down();
        for (let statements = 1; ; statements += 1) {
          const crashedUp = await crashes(step.up, connection, statements);
          await step.up();
          expect(await describeSchema(client), `${step.name}: up, crash at ${statements}`).toBe(after);
          const crashedDown = await crashes(step.down, connection, statements);
          await step.down();
          expect(await describeSchema(client), `${step.name}: down, crash at ${statements}`).toBe(before);
          if (!crashedUp && !crashedDown) break;
        }
        await step.up();
      }
    });
  });
});

it('an index that an interrupted build left invalid is built anew', async () => {
  await withEmptyDatabase(async (database) => {
    await withSteps(database.url, async (steps) => {
      const { before, step } = splitAt(steps, '20250718000002a');
      await upAll(before);
      await database.query(`INSERT INTO users (email) VALUES ('a'), ('b')`);
      // What a failed build leaves: the same name, not valid.
      await expect(
        database.query('CREATE UNIQUE INDEX CONCURRENTLY users_organization_id_email_key ON users (role)'),
      ).rejects.toMatchObject({ code: '23505' });
      const state = `SELECT indisvalid AS valid, pg_get_indexdef(indexrelid) AS definition FROM pg_index
        WHERE indexrelid = 'users_organization_id_email_key'::regclass`;
      expect(await database.query(state)).toMatchObject([{ valid: false }]);
      await step.up();
      const definition = expect.stringContaining('(organization_id, email)');
      expect(await database.query(state)).toEqual([{ valid: true, definition }]);
    });
  });
});
