import path from 'node:path';
import knex, { type Knex } from 'knex';
import { describe, expect, it } from 'vitest';
import { loadModule } from '../../src/module-loader.js';
import { ROOT } from '../support/cli.js';
import { crashes } from '../support/crash.js';
import { describeSchema } from '../support/schema.js';
import { backfill, CAPS, changeOver, NAMES, oldInsert } from './backup.js';
import {
  type Example,
  expectIsolated,
  expectReversible,
  openExample,
  runCommand,
  WALK_MS,
} from './example.js';

const REQUIRE = '20240601090002';

/** Has the application at work, one insert after another on a connection of its own, while something else is done. */
async function workWhile<T>(
  { database }: Example,
  act: Promise<T>,
): Promise<{ result: T; inserted: number }> {
  const client = await database.client();
  let running = true;
  const done = act.finally(() => {
    running = false;
  });
  let inserted = 0;
  for (; running; inserted += 1) await client.query(oldInsert(`meanwhile-${inserted}`));
  return { result: await done, inserted };
}

describe('the change-over', () => {
  it(
    'every file goes up, down and up again, and all of them down to nothing',
    async () => {
      const example = await openExample('backup');
      await expectReversible(example, { [REQUIRE]: async () => void (await backfill(example)) });
    },
    WALK_MS,
  );

  it(
    'is done by the commands, proven isolated, and undone',
    async () => {
      const example = await openExample('backup');
      const stopped = await runCommand(example, 'migrate');
      expect(stopped).toMatchObject({
        exitCode: 10,
        document: { error: { message: expect.stringContaining('backfill-tenant --tenant caps-automotive') } },
      });
      expect(await runCommand(example, 'backfill-tenant', '--tenant', CAPS)).toMatchObject({ exitCode: 0 });
      expect(await runCommand(example, 'migrate')).toMatchObject({ exitCode: 0 });
      await expectIsolated(example);
      expect(await runCommand(example, 'rollback', '--all', '--yes')).toMatchObject({ exitCode: 0 });
    },
    WALK_MS,
  );

  it('is done by an owner who is no superuser, who seeds and rolls back, too', async () => {
    const example = await openExample('backup', { owner: true });
    await changeOver(example);
    await example.seed();
    await example.rollback({ kind: 'all' });
  });

  it('stops where the column is missing or rows are unfilled, and says what to run', async () => {
    const { database, ...example } = await openExample('backup');
    await expect(example.migrate()).rejects.toThrow(
      /Cannot require tenant_id: no such column in stores, users, .*, notifications\. Try: tenantctl backfill-tenant --tenant caps-automotive/,
    );
    await backfill({ database, ...example });
    await database.query('UPDATE devices SET tenant_id = NULL');
    await expect(example.migrate()).rejects.toThrow(
      'Cannot require tenant_id: devices has 3 rows without it. Try: tenantctl backfill-tenant --tenant caps-automotive',
    );
  });

  it('keeps every row of all 32 tables as it was, but for the new column', async () => {
    expect(NAMES).toHaveLength(32);
    const example = await openExample('backup');
    const contents = async () => {
      const texts: Record<string, unknown[]> = {};
      for (const table of NAMES) {
        const sql = `SELECT (to_jsonb(t) - 'tenant_id')::text AS row FROM ${table} t ORDER BY 1`;
        texts[table] = (await example.database.query<{ row: string }>(sql)).map(({ row }) => row);
      }
      return texts;
    };
    await example.migrate('20240115080003_caps_automotive');
    const before = await contents();
    await changeOver(example);
    expect(await contents()).toEqual(before);
    for (const table of NAMES) {
      const tenants = await example.database.query(`SELECT DISTINCT tenant_id AS id FROM ${table}`);
      expect(tenants, table).toEqual([{ id: CAPS }]);
    }
  });

  it('the application of before goes on inserting until the last file, and its rows are filled', async () => {
    const example = await openExample('backup');
    const last = example.files.at(-1) ?? '';
    let meanwhile = 0;
    for (const file of example.files) {
      if (file.startsWith(REQUIRE)) {
        const { result, inserted } = await workWhile(example, backfill(example));
        expect(inserted).toBeGreaterThan(0);
        meanwhile = inserted;
        expect(result.tables.filter(({ remaining }) => remaining > 0)).toEqual([]);
      }
      if (file === last) continue;
      await example.migrate(file);
      if (file >= '20240115080003') await example.database.query(oldInsert(file));
    }
    const rows = await example.database.query('SELECT FROM devices WHERE tenant_id = $1', [CAPS]);
    expect(rows).toHaveLength(3 + 6 + meanwhile);
    await example.migrate();
    await expect(example.database.query(oldInsert('too-late'))).rejects.toMatchObject({
      code: 'TN001',
      message: 'no tenant set',
    });
  });

  it(
    'files outside a transaction end the same after a crash',
    async () => {
      const example = await openExample('backup');
      await expect(example.migrate()).rejects.toThrow();
      await backfill(example);
      const client = await example.database.client();
      const connection = knex({ client: 'pg', connection: example.url, pool: { min: 1, max: 1 } });
      try {
        for (const name of ['20240601090003_validate_tenant', '20240601090004_adopt_tenant_keys']) {
          const file = path.join(ROOT, 'examples/backup/migrations', `${name}.ts`);
          const step = (await loadModule(file)) as unknown as Record<
            'up' | 'down',
            (knex: Knex) => Promise<void>
          >;
          await example.migrate(example.files[example.files.indexOf(`${name}.ts`) - 1]);
          const below = await describeSchema(client);
          await step.up(connection);
          const above = await describeSchema(client);
          await step.down(connection);
          for (const statement of [3, 100, 230]) {
            await crashes(step.up, connection, statement);
            await step.up(connection);
            expect(await describeSchema(client), `${name}: up, crash at ${statement}`).toBe(above);
            await crashes(step.down, connection, statement);
            await step.down(connection);
            expect(await describeSchema(client), `${name}: down, crash at ${statement}`).toBe(below);
          }
          await step.up(connection);
        }
      } finally {
        await connection.destroy();
      }
    },
    WALK_MS,
  );
});
