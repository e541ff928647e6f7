import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../support/temporary.js';
import { isolate } from '../probe/shop.js';
import { openGatedShop } from './fixture.js';

const TABLE =
  'CREATE TABLE toys (tenant_id uuid NOT NULL REFERENCES tenants, id uuid NOT NULL, PRIMARY KEY (tenant_id, id))';
const WITHOUT_POLICY = `${TABLE}; GRANT SELECT, INSERT ON toys TO :app`;
const CLEAN = `${TABLE}; ${isolate('toys')}`;
const PERMISSIVE = 'CREATE POLICY more ON kids FOR SELECT USING (true)';
const TAKEN_OVER = 'ALTER TABLE kids NO FORCE ROW LEVEL SECURITY; ALTER TABLE kids OWNER TO :app';

describe('does not commit', () => {
  it.each([
    ['ownership without FORCE', TAKEN_OVER, ['app-role-owns-table kids', 'rls-not-forced kids']],
    ['a table without a policy', WITHOUT_POLICY, ['rls-disabled toys']],
    ['a permissive policy', PERMISSIVE, ['policy-always-true kids']],
  ])('%s: the file is named, and nothing of it stays', async (_, sql, holes) => {
    const shop = await openGatedShop();
    const { outcome, opened, result } = await shop.migrate({
      '1_ok.sql': 'CREATE TABLE done ()',
      '2_leak.sql': sql,
    });
    expect({ outcome, opened }).toEqual({
      outcome: 'gate',
      opened: Object.fromEntries(holes.map((hole) => [hole, ['2_leak.sql']])),
    });
    expect(result).toMatchObject({
      applied: [],
      rolledBack: ['1_ok.sql', '2_leak.sql'],
      pending: ['1_ok.sql', '2_leak.sql'],
    });
    expect(await shop.ledger()).toEqual([]);
    expect(await shop.db.query('select from tenantctl.migration_log')).toEqual([]);
    expect(await shop.db.query("select from pg_class where relname in ('done', 'toys')")).toEqual([]);
  });

  it('each hole is put down to its own file', async () => {
    const shop = await openGatedShop();
    const { opened } = await shop.migrate({
      '1_policy.sql': PERMISSIVE,
      '2_table.sql': WITHOUT_POLICY,
      '3_owner.sql': TAKEN_OVER.replaceAll('kids', 'parents'),
    });
    expect(opened).toEqual({
      'policy-always-true kids': ['1_policy.sql'],
      'rls-disabled toys': ['2_table.sql'],
      'app-role-owns-table parents': ['3_owner.sql'],
      'rls-not-forced parents': ['3_owner.sql'],
    });
  });

  it('what the rows show', async () => {
    const shop = await openGatedShop();
    const { outcome, holes } = await shop.migrate({
      '1_orphan.sql': `ALTER TABLE kids DROP CONSTRAINT kids_tenant_id_fkey, DROP CONSTRAINT kids_tenant_id_parent_id_fkey;
        INSERT INTO kids VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid())`,
    });
    expect(outcome).toBe('gate');
    expect(holes).toContainEqual(
      expect.objectContaining({ check: 'orphan-tenant-rows', evidence: 'data', after: ['1_orphan.sql'] }),
    );
    expect(await shop.db.query('select from kids')).toEqual([]);
  });

  it('a hole that was there before, and says that it was', async () => {
    const shop = await openGatedShop();
    await shop.plant(PERMISSIVE);
    const { outcome, opened } = await shop.migrate({ '1_clean.sql': CLEAN });
    expect({ outcome, opened }).toEqual({ outcome: 'gate', opened: { 'policy-always-true kids': [] } });
    expect(await shop.ledger()).toEqual([]);
  });

  it('one that a later file opens again is put down to that', async () => {
    const shop = await openGatedShop();
    await shop.plant(PERMISSIVE);
    const { opened } = await shop.migrate({
      '1_close.sql': 'DROP POLICY more ON kids',
      '2_open.sql': PERMISSIVE,
      '3_rest.sql': 'SELECT 1',
    });
    expect(opened).toEqual({ 'policy-always-true kids': ['2_open.sql'] });
  });

  it('where the configuration names what comes with the files, all until it is there are named', async () => {
    const shop = await openGatedShop();
    const shared = [{ relation: { schema: 'public', name: 'colours' }, reason: 'the same for all' }];
    const { opened } = await shop.migrate(
      {
        '1_policy.sql': PERMISSIVE,
        '2_colours.sql': 'CREATE TABLE colours (name text)',
        '3_rest.sql': 'SELECT 1',
      },
      { changes: { shared } },
    );
    expect(opened['policy-always-true kids']).toEqual(['1_policy.sql', '2_colours.sql']);
  });

  it('what the configuration names and no file makes is a usage error, and rolled back', async () => {
    const shop = await openGatedShop();
    const shared = [{ relation: { schema: 'public', name: 'colours' }, reason: 'the same for all' }];
    await expect(shop.migrate({ '1_clean.sql': CLEAN }, { changes: { shared } })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('colours'),
    });
    expect(await shop.ledger()).toEqual([]);
  });
});

describe('commits', () => {
  it('what leaks nothing', async () => {
    const shop = await openGatedShop();
    const { outcome, result } = await shop.migrate({
      '1_clean.sql': CLEAN,
      '2_more.sql': 'CREATE INDEX ON toys (id)',
    });
    expect(outcome).toBe('ok');
    expect(result).toMatchObject({
      rolledBack: [],
      pending: [],
      applied: [{ name: '1_clean.sql' }, { name: '2_more.sql' }],
    });
    expect(await shop.ledger()).toEqual(['1_clean.sql', '2_more.sql']);
  });

  it('a hole that a later file of the same transaction closes', async () => {
    const shop = await openGatedShop();
    const { outcome } = await shop.migrate({ '1_open.sql': WITHOUT_POLICY, '2_close.sql': isolate('toys') });
    expect(outcome).toBe('ok');
    expect(await shop.ledger()).toHaveLength(2);
  });

  it('what closes a hole that was there before', async () => {
    const shop = await openGatedShop();
    await shop.plant(PERMISSIVE);
    expect((await shop.migrate({ '1_close.sql': 'DROP POLICY more ON kids' })).outcome).toBe('ok');
  });

  it('what a waiver covers, until it runs out', async () => {
    const shop = await openGatedShop();
    const keys = ['policy-always-true:"public"."kids":"more"'];
    keys.push('probe-select-crosses:"public"."kids"', 'probe-context-crosses:"public"."kids"');
    const migrate = (until: string) => {
      const waivers = keys.map((key) => ({ key, reason: 'agreed', until }));
      return shop.migrate({ '1_policy.sql': PERMISSIVE }, { changes: { waivers } });
    };
    expect((await migrate('2026-05-31')).outcome).toBe('gate');
    expect((await migrate('2026-06-01')).outcome).toBe('ok');
  });
});

describe('files outside a transaction', () => {
  const outside = (sql: string) => `-- migrate:up transaction:false\n${sql};`;

  it('split the run: what came before is verified and committed', async () => {
    const shop = await openGatedShop();
    const { outcome, opened, result } = await shop.migrate({
      '1_clean.sql': CLEAN,
      '2_index.sql': outside('CREATE INDEX CONCURRENTLY toys_id ON toys (id)'),
      '3_more.sql': 'CREATE TABLE more ()',
      '4_leak.sql': PERMISSIVE,
    });
    expect({ outcome, opened }).toEqual({
      outcome: 'gate',
      opened: { 'policy-always-true kids': ['4_leak.sql'] },
    });
    expect(result).toMatchObject({
      applied: [{ name: '1_clean.sql' }, { name: '2_index.sql' }],
      rolledBack: ['3_more.sql', '4_leak.sql'],
      pending: ['3_more.sql', '4_leak.sql'],
    });
    expect(await shop.ledger()).toEqual(['1_clean.sql', '2_index.sql']);
  });

  it('are judged once they are done, and what follows does not begin', async () => {
    const shop = await openGatedShop();
    const { outcome, opened, result } = await shop.migrate({
      '1_leak.sql': outside(PERMISSIVE),
      '2_clean.sql': CLEAN,
    });
    expect({ outcome, opened }).toEqual({
      outcome: 'gate',
      opened: { 'policy-always-true kids': ['1_leak.sql'] },
    });
    expect(result).toMatchObject({
      applied: [{ name: '1_leak.sql' }],
      rolledBack: [],
      pending: ['2_clean.sql'],
    });
    expect(await shop.ledger()).toEqual(['1_leak.sql']);
  });

  it('the failure of a later file says what is gone with it, and what stays', async () => {
    const shop = await openGatedShop();
    await expect(
      shop.migrate({
        '1_clean.sql': CLEAN,
        '2_index.sql': outside('CREATE INDEX CONCURRENTLY toys_id ON toys (id)'),
        '3_more.sql': 'CREATE TABLE more ()',
        '4_broken.sql': 'SELECT nope',
      }),
    ).rejects.toMatchObject({
      kind: 'step-failed',
      message: expect.stringMatching(
        /4_broken\.sql.*shared its transaction is gone.*stays: 1_clean\.sql, 2_index\.sql\./,
      ),
    });
    expect(await shop.ledger()).toEqual(['1_clean.sql', '2_index.sql']);
  });
});

it('--single-transaction is one judgement, and refuses what is outside of one as ever', async () => {
  const shop = await openGatedShop();
  const files = {
    '1_clean.sql': CLEAN,
    '2_i.sql': '-- migrate:up transaction:false\nCREATE INDEX ON toys (id);',
  };
  await expect(shop.migrate(files, { singleTransaction: true })).rejects.toMatchObject({
    code: 'NOT_TRANSACTIONAL',
  });
  const { outcome, result } = await shop.migrate(
    { '2_i.sql': 'CREATE INDEX ON toys (id)' },
    { singleTransaction: true },
  );
  expect({ outcome, applied: result.applied.length }).toEqual({ outcome: 'ok', applied: 2 });
});

it('takes no longer than it may: inconclusive, and rolled back', async () => {
  const shop = await openGatedShop();
  const checksDirectory = await temporaryDirectory();
  await writeFile(
    path.join(checksDirectory, 'slow.sql'),
    "-- title: slow\n-- severity: error\n-- remedy: none\nSELECT 'kids' AS object, 'x' AS detail FROM pg_sleep(20)",
  );
  const started = Date.now();
  const { outcome, notTried, result } = await shop.migrate(
    { '1_clean.sql': CLEAN },
    { timeoutMs: 300, changes: { checksDirectory } },
  );
  expect(Date.now() - started).toBeLessThan(10_000);
  expect({ outcome, rolledBack: result.rolledBack }).toEqual({
    outcome: 'inconclusive',
    rolledBack: ['1_clean.sql'],
  });
  expect(notTried).toMatchObject([{ required: true, reason: 'not finished within 0.3 s' }]);
  expect(await shop.ledger()).toEqual([]);
});
