import { describe, expect, it } from 'vitest';
import { isUpToDate } from '../../src/migrator/status.js';
import { failure, outside, project, table } from './fixture.js';

const files = { '1_a.ts': table('a'), '2_b.ts': table('b') };
const REPAIRS = 'select name, state, repairs from tenantctl.migration_log order by name';
const because = { reason: 'the test says so', role: expect.any(String), at: expect.any(String) };

describe('--accept', () => {
  it('takes an edited file for what was applied, until it is edited again', async () => {
    const p = await project(files);
    await p.migrate();
    await p.write({ '1_a.ts': `${table('a')}//` });
    expect(await p.repair('accept', '1_a', true)).toMatchObject({ dryRun: true, was: 'changed' });
    expect((await p.status()).changed).toHaveLength(1);
    expect(await p.repair('accept', '1_a')).toEqual({
      ...{ dryRun: false, name: '1_a.ts', was: 'changed', now: 'applied', reason: 'the test says so' },
    });
    expect(isUpToDate(await p.status())).toBe(true);
    expect(await p.migrate()).toMatchObject({ planned: [] });
    expect((await p.db.query(REPAIRS))[0]).toMatchObject({
      ...{ name: '1_a', state: 'applied' },
      repairs: [
        { ...because, was: 'changed', now: 'applied', checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
    });
    await p.write({ '1_a.ts': `${table('a')}// again` });
    expect((await p.status()).changed).toHaveLength(1);
  });

  it('retires a file that is gone; it is applied all the same, and cannot be undone without its file', async () => {
    const p = await project(files);
    await p.migrate();
    await p.remove('1_a.ts');
    expect(await p.repair('accept', '1_a')).toMatchObject({ was: 'missing', now: 'retired' });
    const result = await p.status();
    expect(result).toMatchObject({ missing: [], retired: [{ name: '1_a.ts' }] });
    expect(isUpToDate(result)).toBe(true);
    await p.write({ '3_c.ts': table('c') });
    expect((await p.migrate()).applied).toMatchObject([{ name: '3_c.ts' }]);
    expect(await failure(p.rollback({ selection: { kind: 'all' } }))).toMatchObject({
      code: 'MIGRATIONS_MISSING',
    });
    await p.write({ '1_a.ts': table('a') });
    expect(isUpToDate(await p.status())).toBe(true);
  });

  it('retires what knex had applied before tenantctl came', async () => {
    const p = await project(files);
    await p.migrate();
    await p.db.query('delete from tenantctl.migration_log');
    await p.remove('1_a.ts');
    await p.repair('accept', '1_a');
    expect((await p.status()).retired).toHaveLength(1);
  });

  it('refuses where there is nothing to accept', async () => {
    const p = await project(files);
    await p.migrate();
    expect(await failure(p.repair('accept', '1_a'))).toMatchObject({
      kind: 'usage',
      code: 'NOTHING_TO_REPAIR',
    });
    expect(await failure(p.repair('accept', 'nope'))).toMatchObject({ kind: 'usage', code: 'UNKNOWN_NAME' });
    expect(await failure(p.repair('pending', '1_a'))).toMatchObject({ code: 'NOTHING_TO_REPAIR' });
  });
});

describe('a file that stopped part way', () => {
  const broken = outside(['create table half ()', 'select nope']);

  it('--applied counts it as applied', async () => {
    const p = await project({ '1_a.ts': table('a'), '2_x.ts': broken });
    await failure(p.migrate());
    expect(await failure(p.repair('accept', '2_x'))).toMatchObject({ code: 'NOTHING_TO_REPAIR' });
    expect(await p.repair('applied', '2_x')).toMatchObject({ was: 'part way', now: 'applied' });
    expect(await p.ledger()).toEqual(['1_a.ts', '2_x.ts']);
    expect(isUpToDate(await p.status())).toBe(true);
    expect(await p.migrate()).toMatchObject({ before: 2, planned: [] });
  });

  it('--pending counts it as never begun, and keeps why', async () => {
    const p = await project({ '1_a.ts': table('a'), '2_x.ts': broken });
    await failure(p.migrate());
    await p.repair('pending', '2_x');
    expect(await p.status()).toMatchObject({ partWay: [], pending: ['2_x.ts'] });
    expect((await p.db.query(REPAIRS))[1]).toMatchObject({ state: 'discarded', repairs: [because] });
    await p.db.query('drop table half');
    await failure(p.migrate());
    expect((await p.status()).partWay).toHaveLength(1);
    expect((await p.db.query(REPAIRS))[1]).toMatchObject({ state: 'started', repairs: [because] });
  });

  it('of a rollback, can be said to stand whole or to be gone', async () => {
    const undone = outside(['create table x ()'], ['drop table x', 'select nope']);
    for (const decision of ['applied', 'pending'] as const) {
      const p = await project({ '1_a.ts': table('a'), '2_x.ts': undone });
      await p.migrate();
      await failure(p.rollback({ selection: { kind: 'steps', count: 1 } }));
      expect((await p.status()).partWay).toMatchObject([{ direction: 'down' }]);
      await p.repair(decision, '2_x');
      expect(await p.ledger()).toEqual(decision === 'applied' ? ['1_a.ts', '2_x.ts'] : ['1_a.ts']);
      expect((await p.status()).partWay).toEqual([]);
    }
  });
});

it('a file that was partly undone, begun again and failed again is part way, not applied', async () => {
  const both = outside(['create table if not exists x ()', 'select nope'], ['drop table x', 'select nope']);
  const p = await project({ '1_x.ts': outside(['create table x ()'], ['drop table x', 'select nope']) });
  await p.migrate();
  await failure(p.rollback());
  await p.remove('1_x.ts');
  await p.write({ '1_x.js': both });
  await failure(p.migrate());
  expect((await p.status()).partWay).toMatchObject([{ name: '1_x.ts', direction: 'up' }]);
});
