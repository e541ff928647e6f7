import { expect, it } from 'vitest';
import { failure, outside, project } from './fixture.js';

const throwing = (what: string) => `export async function up(knex) {
  await knex.raw('create table x ()');
  throw ${what};
}`;

it.each([
  ['Object.create(null)', '[Object: null prototype] {}'],
  ['{ code: 7 }', '{ code: 7 }'],
  ["{ get message() { throw new Error('no'); } }", '[Getter]'],
  ['new Proxy({}, { get() { throw 1; } })', '{}'],
  ['undefined', 'undefined'],
])('a file that throws %s has failed, and it is said what it threw', async (what, told) => {
  const p = await project({ '1_x.ts': throwing(what) });
  const error = await failure(p.migrate());
  expect(error).toMatchObject({ kind: 'step-failed', partial: { failed: { left: 'nothing' } } });
  expect(error.message).toContain(`it threw what is no Error: `);
  expect(error.message).toContain(told);
});

it('an error of megabytes is cut', async () => {
  const p = await project({ '1_x.ts': throwing("new Error('x'.repeat(3_000_000))") });
  expect((await failure(p.migrate())).message.length).toBeLessThan(5000);
});

it('a NUL in a statement of code fails the file, not the connection', async () => {
  const p = await project({
    '1_x.ts':
      "export const up = (knex) => knex.raw('create table x (); select 1\\u0000; create table y ()');",
  });
  const error = await failure(p.migrate());
  expect(error).toMatchObject({ kind: 'step-failed', partial: { failed: { left: 'nothing' } } });
  expect(error.message).toContain('a statement holds a NUL character: "create table x ()');
});

it.each(['', 'export const config = { transaction: false };'])(
  'a file that waits for good is let go of at a signal (%s)',
  async (config) => {
    const p = await project({
      '1_x.ts': `${config}
export async function up(knex) {
  await knex.raw('create table x ()');
  globalThis.waitsForGood?.();
  await new Promise(() => {});
}`,
    });
    const controller = new AbortController();
    Object.assign(globalThis, { waitsForGood: () => controller.abort() });
    const error = await failure(p.migrate({ signal: controller.signal }));
    const left = config === '' ? 'nothing' : 'part';
    expect(error).toMatchObject({ kind: 'interrupted', partial: { failed: { left } } });
    expect(await p.db.query("select from pg_locks where locktype = 'advisory'")).toEqual([]);
    expect(await p.db.query('select is_locked from knex_migrations_lock')).toEqual([{ is_locked: 0 }]);
  },
);

it('PREPARE TRANSACTION is refused where it would take the file away from its record', async () => {
  const p = await project({
    '1_x.ts': `export async function up(knex) {
  await knex.raw('create table x ()');
  await knex.raw("/* at its end */ prepare transaction 'kept'");
}`,
  });
  const error = await failure(p.migrate());
  expect(error).toMatchObject({ kind: 'step-failed', partial: { failed: { left: 'nothing' } } });
  expect(error.message).toContain('it sends PREPARE TRANSACTION');
  expect(await p.db.query('select gid from pg_prepared_xacts where database = current_database()')).toEqual(
    [],
  );
});

it('outside a transaction, a file that sets that transactions only read is recorded all the same', async () => {
  const only = 'set default_transaction_read_only = on';
  const p = await project({
    '1_x.ts': outside(['create table x ()', only, "set client_encoding = 'LATIN1'", 'select 1']),
    '2_y.ts': outside(['create table y ()', only]),
  });
  await p.migrate();
  expect(await p.ledger()).toEqual(['1_x.ts', '2_y.ts']);
  expect((await p.status()).partWay).toEqual([]);
});
