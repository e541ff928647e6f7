import { expect, it } from 'vitest';
import { quoteIdent } from '../../../src/identifiers.js';
import { migrate } from '../../../src/migrator/migrate.js';
import { databaseAt } from '../../support/connect.js';
import { project, table } from '../fixture.js';

it('keeps what is short in tables without another one for what is long', async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.migrate();
  const short = await p.db.query(
    `select relname from pg_class where relnamespace = 'tenantctl'::regnamespace and relkind = 'r' and reltoastrelid = 0
      order by relname`,
  );
  expect(short).toEqual([{ relname: 'lock_holder' }, { relname: 'schema_run' }]);
});

it('takes a ledger with the longest of names', async () => {
  const p = await project({ '1_a.ts': table('a') });
  const schemaName = '"'.repeat(63);
  await p.db.query(`create schema ${quoteIdent(schemaName)}`);
  const migrations = { directories: [p.directory], tableName: '"'.repeat(58), schemaName };
  const run = async () =>
    migrate(await databaseAt(p.db.url), { migrations, lockWaitMs: 0, onEvent: () => {} });
  expect(await run()).toMatchObject({ applied: [{ name: '1_a.ts' }] });
  expect(await run()).toMatchObject({ before: 1, applied: [] });
});
