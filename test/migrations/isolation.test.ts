import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogin, useTestDatabase } from '../support/database.js';
import {
  anotherRow,
  createTenant,
  insert,
  refusal,
  setTenant,
  TENANT_TABLES,
  type Tenant,
} from './tenant.js';

const ISOLATED = ['organizations', ...TENANT_TABLES];
const NO_TENANT = { code: 'TN001', message: 'no tenant set' };
const DENIED = '42501';

const database = useTestDatabase({ template: 'booking' });
let app: pg.Client;
let ours: Tenant;
let theirs: Tenant;

const columnOf = (table: string) => (table === 'organizations' ? 'id' : 'organization_id');

async function tenantsSeen(table: string): Promise<string[]> {
  const { rows } = await app.query<{ id: string }>(`SELECT DISTINCT ${columnOf(table)} AS id FROM ${table}`);
  return rows.map(({ id }) => id);
}

beforeAll(async () => {
  const login = await createLogin(database, 'app', { memberOf: ['booking_app_access'] });
  app = new pg.Client({ connectionString: login.url });
  await app.connect();
});
afterAll(() => app.end());

// The verification script of the system before: two organizations with credit balances of 100 and 200, rules on day 1
// and day 2, slots and users; made by the application's own login.
beforeEach(async () => {
  await app.query('BEGIN');
  ours = await createTenant(app, randomUUID(), 'first', 100);
  theirs = await createTenant(app, randomUUID(), 'second', 200);
  await app.query('UPDATE availability_rules SET day_of_week = 2');
});
afterEach(() => app.query('ROLLBACK'));
afterAll(async () => {
  for (const table of ISOLATED) {
    expect(await database.query(`SELECT FROM ${table}`), `left behind in ${table}`).toHaveLength(0);
  }
});

describe('with a tenant', () => {
  it('each organization sees its own rows only', async () => {
    const facts = async () => {
      const balances = await app.query('SELECT balance FROM credit_balances');
      const rules = await app.query('SELECT day_of_week FROM availability_rules');
      const slots = await app.query('SELECT id FROM time_slots');
      const users = await app.query('SELECT email FROM users ORDER BY email');
      return [balances.rows, rules.rows, slots.rows, users.rows];
    };
    const users = (slug: string) =>
      ['fresh', 'parent', 'professional'].map((name) => ({ email: `${name}@${slug}.example` }));
    await setTenant(app, ours.organization);
    expect(await facts()).toEqual([
      [{ balance: 100 }],
      [{ day_of_week: 1 }],
      [{ id: ours.ids.time_slots }],
      users('first'),
    ]);
    await setTenant(app, theirs.organization);
    expect(await facts()).toEqual([
      [{ balance: 200 }],
      [{ day_of_week: 2 }],
      [{ id: theirs.ids.time_slots }],
      users('second'),
    ]);
  });

  it.each(ISOLATED)('%s shows no other organization', async (table) => {
    for (const { organization } of [ours, theirs]) {
      await setTenant(app, organization);
      expect(await tenantsSeen(table)).toEqual([organization]);
    }
  });

  it.each(TENANT_TABLES)(
    '%s: no row for another organization, none moved there, none changed there',
    async (table) => {
      await setTenant(app, ours.organization);
      const foreign = () => insert(app, table, anotherRow(theirs, table));
      expect(await refusal(app, foreign)).toMatchObject({ code: DENIED });
      const move = () => app.query(`UPDATE ${table} SET organization_id = $1`, [theirs.organization]);
      expect(await refusal(app, move)).toMatchObject({ code: DENIED });
      const touch = `UPDATE ${table} SET updated_at = now() WHERE organization_id = $1`;
      expect((await app.query(touch, [theirs.organization])).rowCount).toBe(0);
      const remove = `DELETE FROM ${table} WHERE organization_id = $1`;
      expect((await app.query(remove, [theirs.organization])).rowCount).toBe(0);
    },
  );

  it.each(TENANT_TABLES)('%s: a row that names no organization belongs to the tenant', async (table) => {
    await setTenant(app, ours.organization);
    const { organization_id: _, ...row } = anotherRow(ours, table);
    await insert(app, table, row);
    expect(await tenantsSeen(table)).toEqual([ours.organization]);
  });

  it('an unknown tenant has nothing', async () => {
    await setTenant(app, randomUUID());
    for (const table of ISOLATED) expect(await tenantsSeen(table), table).toEqual([]);
  });
});

describe('without a tenant', () => {
  // Left by the transaction that had one, as in a pooled session; too short; a list; with a trailing line.
  it.each(['', 'f00', '{ours},{theirs}', '{ours}\n'])(
    '%j: every table fails on every command',
    async (given) => {
      const value = given.replace('{ours}', ours.organization).replace('{theirs}', theirs.organization);
      await setTenant(app, value);
      for (const table of ISOLATED) {
        const row =
          table === 'organizations'
            ? { name: 'x', slug: 'x', subdomain: 'x' }
            : { organization_id: ours.organization };
        const commands = [
          () => app.query(`SELECT FROM ${table}`),
          () => app.query(`UPDATE ${table} SET updated_at = now()`),
          () =>
            insert(
              app,
              table,
              'organization_id' in row ? anotherRow(ours, table as keyof Tenant['ids']) : row,
            ),
        ];
        if (table !== 'organizations') commands.push(() => app.query(`DELETE FROM ${table}`));
        for (const command of commands) {
          const error = await refusal(app, command);
          expect(error.code, table).toBe(NO_TENANT.code);
          expect(error.message, table).toContain(NO_TENANT.message);
        }
      }
    },
  );

  it('also where it was never set, and the error says how', async () => {
    const login = await createLogin(database, 'fresh', { memberOf: ['booking_app_access'] });
    const fresh = new pg.Client({ connectionString: login.url });
    await fresh.connect();
    try {
      await expect(fresh.query('SELECT current_organization_id()')).rejects.toMatchObject({
        ...NO_TENANT,
        hint: expect.stringContaining('app.organization_id'),
      });
    } finally {
      await fresh.end();
    }
  });
});

describe('what the application may do', () => {
  it('it reads roles and cannot write them', async () => {
    expect((await app.query('SELECT key FROM roles')).rows).toContainEqual({ key: 'parent' });
    for (const sql of [
      `INSERT INTO roles (key, name) VALUES ('x', 'x')`,
      'UPDATE roles SET name = key',
      'DELETE FROM roles',
    ]) {
      expect(await refusal(app, () => app.query(sql)), sql).toMatchObject({ code: DENIED });
    }
  });

  it('it cannot delete organizations, empty tables or make new ones', async () => {
    for (const sql of ['DELETE FROM organizations', 'TRUNCATE likes', 'CREATE TABLE public.loot (id int)']) {
      expect(await refusal(app, () => app.query(sql)), sql).toMatchObject({ code: DENIED });
    }
  });

  it('its group is no login and has no attribute that evades policies', async () => {
    const rows = await database.query(
      `SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles
       WHERE rolname = 'booking_app_access'`,
    );
    const none = { rolcanlogin: false, rolsuper: false, rolbypassrls: false };
    expect(rows).toEqual([{ ...none, rolcreaterole: false, rolcreatedb: false }]);
  });

  it('a query asks for the tenant once, not once per row', async () => {
    await setTenant(app, ours.organization);
    const { rows } = await app.query<{ 'QUERY PLAN': string }>('EXPLAIN SELECT * FROM posts');
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('InitPlan');
  });
});
