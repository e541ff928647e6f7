import { describe, expect, it } from 'vitest';
import type { TenancyConfig } from '../../src/tenancy/config.js';
import { verify } from '../../src/verifier/verify.js';
import type { VerifyResult } from '../../src/verifier/verify-result.js';
import { databaseAt } from '../support/connect.js';
import { createLogin, createTestDatabase, type TestLogin } from '../support/database.js';
import { urlFor } from '../support/server.js';
import { openShop, type Shop, TENANCY } from './probe/shop.js';

/** As the command calls it. */
async function verifyShop(
  shop: Shop,
  changes: Partial<TenancyConfig> = {},
  app: string | undefined = shop.login.url,
  auditor = shop.db.url,
  excludeProbe: string[] = [],
): Promise<VerifyResult> {
  return verify({
    excludeProbe,
    tenancy: { ...TENANCY, appRole: shop.login.role, ...changes },
    auditor: await databaseAt(auditor),
    app: app === undefined ? undefined : await databaseAt(app),
    now: new Date(),
    onEvent: () => {},
  });
}

const noApp = (shop: Shop, changes: Partial<TenancyConfig> = {}) =>
  databaseAt(shop.db.url).then((auditor) =>
    verify({
      tenancy: { ...TENANCY, appRole: shop.login.role, ...changes },
      ...{ auditor, app: undefined, now: new Date(), onEvent: () => {} },
    }),
  );

describe('a healthy database', () => {
  it('is isolated, relation by relation', async () => {
    const shop = await openShop();
    const result = await verifyShop(shop);
    expect(result).toMatchObject({ verdict: 'isolated', outcome: 'ok', lacking: [] });
    expect(result.relations.map(({ name, class: kind, verdict }) => [name, kind, verdict])).toEqual([
      ['countries', 'shared', 'isolated'],
      ['kids', 'tenant', 'isolated'],
      ['parents', 'tenant', 'isolated'],
      ['tenants', 'root', 'isolated'],
    ]);
    expect(result.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    for (const { probes } of result.relations) expect(probes).toMatchObject({ crossed: 0, failed: 0 });
  });

  it('is judged by the login that is given, where the configuration names no role', async () => {
    const shop = await openShop();
    const result = await verifyShop(shop, { appRole: undefined });
    expect(result).toMatchObject({ verdict: 'isolated', appRole: shop.login.role });
  });
});

describe('what proves nothing is inconclusive', () => {
  const expectLacking = (result: VerifyResult, reason: RegExp) => {
    expect(result).toMatchObject({ verdict: 'inconclusive', outcome: 'inconclusive' });
    expect(result.lacking[0]?.reason).toMatch(reason);
    expect(
      result.relations.filter(({ class: kind }) => kind === 'tenant').map(({ verdict }) => verdict),
    ).not.toContain('isolated');
  };

  it('no login', async () => {
    const result = await noApp(await openShop());
    expectLacking(result, /without the app's own login/);
    expect(result.lacking[0]?.remedy).toMatch(/create-app-role --generate-password, or APP_DATABASE_URL/);
  });

  it("a superuser's login", async () => {
    const shop = await openShop();
    expectLacking(
      await verifyShop(shop, {}, shop.db.url),
      /the login is \w+, which is a superuser, and not the app role/,
    );
  });

  it('the login of another role', async () => {
    const shop = await openShop();
    const other = await createLogin(shop.db, 'other', { memberOf: [shop.login.role] });
    expectLacking(await verifyShop(shop, {}, other.url), /and not the app role/);
  });

  it('a login that begins as another role', async () => {
    const shop = await openShop();
    const other = await createLogin(shop.db, 'other');
    await shop.plant(`GRANT "${other.role}" TO :app; ALTER ROLE :app SET role = "${other.role}"`);
    expectLacking(await verifyShop(shop), /begins as/);
  });

  it('a login to another database', async () => {
    const shop = await openShop();
    const elsewhere = await createTestDatabase();
    const { role, password } = shop.login;
    const url = urlFor(elsewhere.url, elsewhere.name, { role, password });
    try {
      expectLacking(await verifyShop(shop, {}, url), /leads to another database/);
    } finally {
      await elsewhere.drop();
    }
  });

  it('an empty database', async () => {
    const shop = await openShop();
    await shop.plant('DROP TABLE kids, parents, tenants, countries CASCADE');
    expectLacking(
      await verifyShop(shop, { shared: [] }),
      /the database holds no relation yet|no relation of tenants/,
    );
  });

  it('no two tenants, and no way to make them', async () => {
    const shop = await openShop();
    await shop.plant('REVOKE INSERT ON tenants FROM :app');
    const result = await verifyShop(shop);
    expectLacking(result, /no row of two tenants could be had: no tenant can be added to tenants: no INSERT/);
    expect(result.lacking[0]?.remedy).toMatch(/probe\.fixtures/);
  });

  it('a context that the database refuses', async () => {
    const shop = await openShop();
    const sql = ["select set_config('app.tenant_id', json_build_object('tenant', $1)::text, true)"];
    const result = await verifyShop(shop, { context: { sql } });
    expectLacking(result, /the context cannot be set: could not determine data type of parameter \$1/);
    expect(result.lacking[0]?.remedy).toMatch(/write \$1::text/);
  });

  it('an auditor who may not see every row', async () => {
    const shop = await openShop();
    const owner = await createLogin(shop.db, 'owner');
    await shop.plant(
      `ALTER TABLE kids OWNER TO "${owner.role}"; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "${owner.role}"`,
    );
    const result = await verifyShop(shop, {}, shop.login.url, owner.url);
    expect(result).toMatchObject({ verdict: 'inconclusive', outcome: 'inconclusive' });
    expect(result.notTried.filter(({ required }) => required).map(({ object }) => object)).toContain('kids');
  });
});

describe('a function that hands out what is another tenant’s', () => {
  const openDoor = async () => {
    const shop = await openShop();
    // SQL in a text, which no check can read: only the call shows what it hands out.
    await shop.plant(`CREATE FUNCTION every() RETURNS SETOF kids LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT * FROM public.kids'; END $$`);
    return shop;
  };

  it('is leaking for the database, and for no table', async () => {
    const result = await verifyShop(await openDoor());
    expect(result).toMatchObject({
      ...{ verdict: 'leaking', outcome: 'gate' },
      functions: [{ schema: 'public', object: 'every()', crossed: true }],
    });
    expect(result.relations.every(({ verdict }) => verdict === 'isolated')).toBe(true);
    const errors = result.findings.filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ check: 'probe-function-crosses', object: 'every()' }]);
  });

  it('is not called where it is excluded by its name', async () => {
    const result = await verifyShop(await openDoor(), {}, undefined, undefined, ['every']);
    expect(result).toMatchObject({ verdict: 'inconclusive', outcome: 'inconclusive', functions: [] });
    expect(result.findings.filter(({ undecided }) => undecided)).toMatchObject([{ object: 'every()' }]);
    expect(result.notTried).toContainEqual({
      ...{ schema: 'public', object: 'every()', what: 'call' },
      ...{ reason: 'left out by --exclude-probe', required: false },
    });
  });
});

describe('the role that bypasses', () => {
  it.each(['BYPASSRLS', 'SUPERUSER'])(
    '%s is a leak of every relation, and mended by the fix',
    async (attribute) => {
      const shop = await openShop();
      await shop.plant(`ALTER ROLE :app ${attribute}`);
      const result = await verifyShop(shop);
      expect(result).toMatchObject({ verdict: 'leaking', outcome: 'gate' });
      expect(result.relations.find(({ name }) => name === 'kids')?.verdict).toBe('leaking');
      const finding = result.findings.find(({ object }) => object === shop.login.role);
      await shop.db.query(finding?.fix ?? '');
      expect(await verifyShop(shop)).toMatchObject({ verdict: 'isolated', outcome: 'ok' });
    },
  );
});

describe('a session that has a tenant from the start', () => {
  const tenant = '11111111-1111-4111-8111-111111111111';

  it.each([
    ['by the role', `ALTER ROLE :app SET app.tenant_id = '${tenant}'`],
    [
      'by the database',
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.tenant_id = %L', current_database(), '${tenant}'); END $$`,
    ],
  ])('%s', async (_, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { findings, verdict } = await verifyShop(shop);
    expect(verdict).toBe('leaking');
    const found = findings.find(({ check }) => check === 'probe-context-default');
    expect(found?.detail).toBe(
      `app.tenant_id is "${tenant}" in a session of ${shop.login.role}: never set, after commit`,
    );
  });
});

describe('kept apart by the application', () => {
  it('is said, never called isolated, and passes where the audit is clean', async () => {
    const shop = await openShop();
    await shop.plant('ALTER TABLE kids DISABLE ROW LEVEL SECURITY');
    const result = await verifyShop(shop, { isolation: 'application' });
    expect(result).toMatchObject({ verdict: 'inconclusive', outcome: 'ok' });
    expect(result.lacking[0]?.reason).toMatch(/not enforced by the database/);
  });

  it('fails on what the audit finds', async () => {
    const shop = await openShop();
    await shop.plant('GRANT INSERT ON countries TO :app');
    expect(await verifyShop(shop, { isolation: 'application' })).toMatchObject({
      verdict: 'leaking',
      outcome: 'gate',
    });
  });
});

describe('waivers', () => {
  it('open the gate, and leave the verdict', async () => {
    const shop = await openShop();
    await shop.plant('GRANT INSERT ON countries TO :app');
    const keys = (await verifyShop(shop)).findings
      .filter(({ severity }) => severity === 'error')
      .map(({ key }) => key);
    expect(keys).toEqual([
      'probe-shared-written:"public"."countries"',
      'shared-writable:"public"."countries"',
    ]);
    const waivers = keys.map((key) => ({ key, reason: 'seeded by the app' }));
    const result = await verifyShop(shop, { waivers });
    expect(result).toMatchObject({ verdict: 'leaking', outcome: 'ok' });
    expect(result.findings.filter(({ waived }) => waived)).toHaveLength(2);
    // A waiver of what the probe finds is used, though the audit alone does not know it.
    expect(result.findings.filter(({ check }) => check === 'waiver-unused')).toEqual([]);
  });
});

describe('a tenant that can add tenants', () => {
  it('is told, and no leak', async () => {
    const shop = await openShop();
    await shop.plant('CREATE POLICY sign_up ON tenants FOR INSERT WITH CHECK (true)');
    const { findings, relations } = await verifyShop(shop);
    expect(findings.find(({ check }) => check === 'probe-tenant-added')?.severity).toBe('warn');
    expect(relations.find(({ name }) => name === 'tenants')?.probes.crossed).toBe(0);
  });
});

/** Everything that is stored, and where; sequences aside. */
async function contents(login: TestLogin, shop: Shop): Promise<unknown> {
  expect(login.role).toBe(shop.login.role);
  return shop.db.query(`
    SELECT 'kids' AS t, ctid::text, xmin::text, k::text AS line FROM kids k UNION ALL
    SELECT 'parents', ctid::text, xmin::text, p::text FROM parents p UNION ALL
    SELECT 'tenants', ctid::text, xmin::text, t::text FROM tenants t ORDER BY 1, 2`);
}

it('nothing is left behind, not even a lock', async () => {
  const shop = await openShop();
  await shop.plant(`INSERT INTO tenants (name) VALUES ('one'), ('two'); INSERT INTO parents (tenant_id) SELECT id FROM tenants;
    INSERT INTO kids (tenant_id, parent_id) SELECT tenant_id, id FROM parents; ALTER POLICY iso ON kids USING (true)`);
  const before = await contents(shop.login, shop);
  expect((await verifyShop(shop)).verdict).toBe('leaking');
  expect(await contents(shop.login, shop)).toEqual(before);
  const locks = await shop.db.query(
    "SELECT FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND relation::regclass::text IN ('kids', 'parents', 'tenants')",
  );
  expect(locks).toEqual([]);
});

it('stops when it is told to', async () => {
  const shop = await openShop();
  const controller = new AbortController();
  const onEvent = ({ kind }: { kind: string }) => {
    if (kind === 'progress') controller.abort();
  };
  const { signal } = controller;
  const run = verify({
    tenancy: { ...TENANCY, appRole: shop.login.role },
    auditor: await databaseAt(shop.db.url, { signal }),
    app: await databaseAt(shop.login.url, { signal }),
    ...{ now: new Date(), onEvent, signal },
  });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
});
