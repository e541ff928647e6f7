import { expect, it } from 'vitest';
import { isUpToDate } from '../../src/migrator/status.js';
import { cjs, failure, outside, project, table, withKnex } from './fixture.js';

const files = { '1_a.cjs': cjs('a'), '2_b.cjs': cjs('b'), '3_c.cjs': cjs('c') };

it('records the files up to one as applied without running them; migrate goes on after them', async () => {
  const p = await project(files);
  await p.db.query('create table a (); create table b ()');
  expect(await p.baseline('2_b')).toEqual({
    ...{ dryRun: false, before: 0, pending: ['3_c.cjs'] },
    recorded: [
      { name: '1_a.cjs', batch: 1 },
      { name: '2_b.cjs', batch: 1 },
    ],
  });
  expect(await p.ledger()).toEqual(['1_a.cjs', '2_b.cjs']);
  expect((await p.migrate()).applied).toMatchObject([{ name: '3_c.cjs', batch: 2 }]);
  expect(isUpToDate(await p.status())).toBe(true);
  const [list] = await withKnex(p, (migrator) => migrator.list());
  expect(list).toHaveLength(3);
  const log = await p.db.query(
    'select state, duration_ms, checksum is not null as known from tenantctl.migration_log where name < $1',
    ['3'],
  );
  expect(log).toEqual(Array(2).fill({ state: 'baselined', duration_ms: null, known: true }));
});

it('a file that is edited after it was recorded is one that was edited', async () => {
  const p = await project(files);
  await p.baseline('3_c');
  await p.write({ '2_b.cjs': `${cjs('b')}//` });
  expect((await p.status()).changed).toMatchObject([{ name: '2_b.cjs' }]);
});

it('changes nothing in a dry run, nor where there is nothing to record', async () => {
  const p = await project(files);
  expect(await p.baseline('2_b', { dryRun: true })).toMatchObject({ dryRun: true, recorded: [{}, {}] });
  expect((await p.status()).pending).toHaveLength(3);
  await p.migrate();
  expect(await p.baseline('2_b')).toMatchObject({ before: 3, recorded: [], pending: [] });
});

it('refuses a name that is not there, and a file that is part way', async () => {
  const p = await project({ '1_a.ts': table('a'), '2_x.ts': outside(['select nope']) });
  expect(await failure(p.baseline('nope'))).toMatchObject({ kind: 'usage', code: 'UNKNOWN_NAME' });
  await failure(p.migrate());
  expect(await failure(p.baseline('2_x'))).toMatchObject({ kind: 'gate', code: 'PART_WAY_FIRST' });
});
