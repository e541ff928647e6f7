import { describe, expect, it } from 'vitest';
import { createLogin } from '../../support/database.js';
import { CURRENT, isolate } from '../probe/shop.js';
import { type GatedShop, openGatedShop } from './fixture.js';

/** What a function makes of its argument only shows when it is called. */
const HELPER = `CREATE FUNCTION ok(uuid) RETURNS bool LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$DECLARE yes bool; BEGIN EXECUTE 'SELECT length($1::text) = length(current_setting(''app.tenant_id'', true))'
    INTO yes USING $1; RETURN yes; END$$;
  REVOKE EXECUTE ON FUNCTION ok FROM PUBLIC; GRANT EXECUTE ON FUNCTION ok TO :app`;
const IGNORES = `${HELPER}; ALTER POLICY iso ON kids USING (ok(tenant_id))`;
const TABLE =
  'CREATE TABLE toys (tenant_id uuid NOT NULL REFERENCES tenants, id serial, PRIMARY KEY (tenant_id, id))';
const outside = (sql: string) => `-- migrate:up transaction:false\n${sql};`;

/** A role that owns the tables and is no superuser; it sees all rows, and may become the app role. */
async function migrator(shop: GatedShop): Promise<string> {
  const login = await createLogin(shop.db, 'migrator', {
    attributes: 'BYPASSRLS',
    memberOf: [shop.login.role],
  });
  await shop.plant(
    `ALTER SCHEMA public OWNER TO "${login.role}"; GRANT CREATE ON DATABASE "${shop.db.name}" TO "${login.role}"`,
  );
  for (const table of ['tenants', 'countries', 'parents', 'kids'])
    await shop.plant(`ALTER TABLE ${table} OWNER TO "${login.role}"`);
  return login.url;
}

describe.each(['superuser', 'owner'])('migrated by a %s', (who) => {
  const open = async () => {
    const shop = await openGatedShop();
    return { shop, url: who === 'owner' ? await migrator(shop) : shop.db.url };
  };

  it('a leak that only trying finds is not committed', async () => {
    const { shop, url } = await open();
    const { outcome, holes, notTried } = await shop.migrate(
      {
        '0_other.sql': 'ALTER TABLE parents ADD note text',
        '1_helper.sql': IGNORES,
        '2_other.sql': 'SELECT 1',
      },
      { url },
    );
    expect({ outcome, notTried: notTried.filter(({ required }) => required) }).toEqual({
      outcome: 'gate',
      notTried: [],
    });
    expect(holes).toContainEqual(
      expect.objectContaining({
        key: 'probe-select-crosses:"public"."kids"',
        ...{
          evidence: 'probe',
          after: ['1_helper.sql'],
          statement: expect.stringContaining('from "public"."kids"'),
        },
      }),
    );
    expect(await shop.ledger()).toEqual([]);
    expect(await shop.db.query("select from pg_proc where proname = 'ok'")).toEqual([]);
  });

  it('what denies every crossing is; what is left to the login is told, and no row of the probe stays', async () => {
    const { shop, url } = await open();
    const { outcome, probes, notTried } = await shop.migrate(
      { '1_toys.sql': `${TABLE}; ${isolate('toys')}` },
      { url },
    );
    expect(outcome).toBe('ok');
    expect(probes).toMatchObject({ crossed: 0, failed: 0 });
    expect(probes.denied).toBeGreaterThan(50);
    expect(notTried.map(({ what, required }) => [what, required])).toEqual([
      ['a context that was never set, or that a commit left behind', false],
      ...(who === 'owner' ? [['policies by session_user, and what the login can become', false]] : []),
    ]);
    for (const table of ['tenants', 'parents', 'kids', 'toys'])
      expect(await shop.db.query(`select from ${table}`)).toEqual([]);
  });

  it('leaves the session as it was, and the next transaction, too', async () => {
    const { shop, url } = await open();
    const state = `SELECT current_user AS who, session_user AS login, current_setting('search_path') AS path,
      current_setting('lock_timeout') AS locks, current_setting('statement_timeout') AS statements,
      current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('row_security') AS rls,
      current_setting('transaction_read_only') AS read_only,
      coalesce(current_setting('app.tenant_id', true), '') AS tenant,
      (SELECT count(*)::int FROM pg_prepared_statements) AS prepared`;
    const { outcome } = await shop.migrate(
      {
        '1_before.sql': `CREATE TABLE state AS ${state}`,
        '2_outside.sql': outside(`INSERT INTO state ${state}`),
        '3_after.sql': `INSERT INTO state ${state}; ${TABLE}; ${isolate('toys')}`,
      },
      { url },
    );
    expect(outcome).toBe('ok');
    expect(await shop.db.query('select distinct * from state')).toHaveLength(1);
    expect(await shop.db.query('select from state')).toHaveLength(3);
  });
});

describe('a new table that nobody has been given yet', () => {
  it('is judged as if the application had it', async () => {
    const shop = await openGatedShop();
    const { opened, holes } = await shop.migrate({ '1_toys.sql': TABLE });
    expect(opened).toEqual({ 'rls-disabled toys': ['1_toys.sql'] });
    expect(holes[0]?.detail).toMatch(/; judged as if it were granted to the app role already$/);
  });

  it('by trying, too', async () => {
    const shop = await openGatedShop();
    const sql = `${TABLE}; ${HELPER}; ALTER TABLE toys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY iso ON toys USING (ok(tenant_id)) WITH CHECK (tenant_id = ${CURRENT})`;
    const { opened } = await shop.migrate({ '1_toys.sql': sql });
    expect(opened).toHaveProperty('probe-select-crosses toys');
  });

  it('is not given it', async () => {
    const shop = await openGatedShop();
    const { outcome } = await shop.migrate({
      '1_toys.sql': `${TABLE}; ${isolate('toys')} REVOKE ALL ON toys FROM :app`,
    });
    expect(outcome).toBe('ok');
    expect(
      await shop.db.query(
        "select from information_schema.role_table_grants where table_name = 'toys' and grantee <> 'postgres'",
      ),
    ).toEqual([]);
  });
});

describe('what cannot be judged is not committed', () => {
  it('where no row can be made', async () => {
    const shop = await openGatedShop();
    const sql = `CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'never'; END$$;
      CREATE TRIGGER never BEFORE INSERT ON kids FOR EACH ROW EXECUTE FUNCTION never()`;
    const { outcome, notTried } = await shop.migrate({ '1_never.sql': sql });
    expect(outcome).toBe('inconclusive');
    expect(notTried).toContainEqual(expect.objectContaining({ object: 'kids', required: true }));
    expect(await shop.ledger()).toEqual([]);
  });

  it.each([
    ['in a transaction', (sql: string) => sql, []],
    ['outside of one', outside, ['1_slow.sql']],
  ])('where it takes too long, %s', async (_, file, ledger) => {
    const shop = await openGatedShop();
    const sql = `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(20); RETURN new; END$$;
      CREATE TRIGGER slow BEFORE INSERT ON kids FOR EACH ROW EXECUTE FUNCTION slow()`;
    const started = Date.now();
    const { outcome, notTried } = await shop.migrate({ '1_slow.sql': file(sql) }, { timeoutMs: 2_000 });
    expect(Date.now() - started).toBeLessThan(10_000);
    expect({ outcome, notTried }).toMatchObject({
      outcome: 'inconclusive',
      notTried: [{ reason: 'not finished within 2 s' }],
    });
    expect(await shop.ledger()).toEqual(ledger);
    for (const table of ['tenants', 'parents', 'kids'])
      expect(await shop.db.query(`select from ${table}`)).toEqual([]);
  });
});
