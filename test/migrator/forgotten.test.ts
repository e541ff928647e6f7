import { expect, it } from 'vitest';
import { failure, project, table } from './fixture.js';

const forgets = (config = '') => `${config}
export async function up(knex) {
  await knex.raw('create table x (a int)');
  [1, 2, 3].forEach(async (a) => {
    await knex('x').insert({ a });
    await knex('x').insert({ a: -a });
  });
}
export async function down(knex) {
  knex.schema.dropTable('x');
}
`;

it('a file that does not wait for its statements fails, and nothing of it stays or is recorded', async () => {
  const p = await project({ '1_a.ts': table('a'), '2_x.ts': forgets(), '3_c.ts': table('c') });
  for (const singleTransaction of [false, true]) {
    const error = await failure(p.migrate({ singleTransaction }));
    expect(error).toMatchObject({ kind: 'step-failed', hint: expect.stringContaining('await or return') });
    expect(error.message).toContain(
      'Cannot apply 2_x.ts: it came back before 3 statements of its were done, the first of them "insert into \\"x\\" (\\"a\\") values ($1)". It left nothing behind.',
    );
    expect(await p.status()).toMatchObject({ partWay: [] });
    expect(await p.ledger()).toEqual(singleTransaction ? [] : ['1_a.ts']);
    await p.rollback();
  }
  expect(await failure(p.migrate({ dryRun: true }))).toMatchObject({
    message: expect.stringContaining('Cannot rehearse 2_x.ts: it came back before 3'),
  });
});

it('outside a transaction it is part way, and gone on with once it waits', async () => {
  const config = 'export const config = { transaction: false };';
  const p = await project({ '1_x.ts': forgets(config) });
  const error = await failure(p.migrate());
  expect(error).toMatchObject({ kind: 'part-way', hint: expect.stringContaining('await or return') });
  expect(error.message).toMatch(/before \d statements of its were done/);
  expect(await p.ledger()).toEqual([]);
  expect((await p.status()).partWay).toMatchObject([{ name: '1_x.ts' }]);
  await p.remove('1_x.ts');
  await p.write({
    '1_x.js': `${config}
export async function up(knex) {
  await knex.raw('create table x (a int)');
  for (const a of [1, 2, 3]) await knex('x').insert({ a });
  for (const a of [1, 2, 3]) await knex('x').insert({ a: -a });
}`,
  });
  await p.migrate();
  const rows = await p.db.query<{ a: number }>('select a from x order by a');
  expect(rows.map(({ a }) => a)).toEqual([-3, -2, -1, 1, 2, 3]);
});

it('a file that sends nothing is warned of; one that only reads is not, nor is SQL', async () => {
  const idle = (name: string) => ({
    kind: 'warning',
    text: expect.stringContaining(`${name} came back without having sent a statement`),
  });
  const p = await project({
    '1_x.ts': `export const up = (knex) => { knex.schema.createTable('x', (t) => { t.increments(); }); };
export const down = () => {};`,
    '2_y.ts': 'export const up = async (knex) => { await knex.select(knex.raw(1)); };',
    '3_z.sql': '-- migrate:up\nselect 1;',
  });
  await p.migrate({ dryRun: true });
  await p.migrate();
  expect(p.events.filter(({ kind }) => kind === 'warning')).toEqual([idle('1_x.ts'), idle('1_x.ts')]);
  p.events.length = 0;
  await p.remove('2_y.ts');
  await p.remove('3_z.sql');
  await p.db.query("delete from knex_migrations where name <> '1_x.ts'");
  await p.rollback();
  expect(p.events.filter(({ kind }) => kind === 'warning')).toEqual([idle('1_x.ts')]);
});
