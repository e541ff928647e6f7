import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../src/migrator/migrate.js';
import { rollback } from '../../src/migrator/rollback.js';
import { seed } from '../../src/seeder/seed.js';
import { databaseAt } from '../support/connect.js';
import { createTestDatabase } from '../support/database.js';

const directory = (name: string) => [fileURLToPath(new URL(`../../${name}`, import.meta.url))];
const migrations = {
  directories: directory('migrations'),
  tableName: 'knex_migrations',
  schemaName: undefined,
};
const common = { lockWaitMs: 5_000, onEvent: () => {} };

it("brings the booking platform's rows back after a rollback of everything", async () => {
  const db = await createTestDatabase();
  onTestFinished(() => db.drop());
  const database = await databaseAt(db.url);
  const sow = () => seed(database, { ...common, seeds: { directories: directory('seeds') } });
  const count = async () =>
    (
      await db.query(
        'select (select count(*) from users) as users, (select count(*) from appointments) as booked',
      )
    )[0];
  await migrate(database, { ...common, migrations });
  const first = await sow();
  const rows = await count();
  expect(first.ran.length).toBeGreaterThan(5);
  expect(await sow()).toMatchObject({ ran: [] });
  await rollback(database, { ...common, migrations, selection: { kind: 'all' }, approve: async () => {} });
  await migrate(database, { ...common, migrations });
  expect((await sow()).ran.map(({ name }) => name)).toEqual(first.ran.map(({ name }) => name));
  expect(await count()).toEqual(rows);
});
