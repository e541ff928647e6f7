import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { useTestDatabase } from '../../../support/database.js';
import { auditOf, baseConfig, LEAKS } from '../../../support/leaks.js';

const db = useTestDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await db.client();
});
beforeEach(async () => {
  await client.query('BEGIN');
  await client.query(await readFile(`${LEAKS}/base.sql`, 'utf8'));
});
afterEach(() => client.query('ROLLBACK'));

async function fixFor(plant: string): Promise<(string | undefined)[]> {
  await client.query(`ALTER TABLE kids NO FORCE ROW LEVEL SECURITY; ${plant}`);
  const { findings } = await auditOf(client, baseConfig('public'));
  return findings.filter(({ check }) => check === 'rls-not-forced').map(({ fix }) => fix);
}

const A = 'aaaaaaaa-0000-0000-0000-000000000000';
const FORCE = 'ALTER TABLE "public"."kids" FORCE ROW LEVEL SECURITY;';
const HELPER = `CREATE FUNCTION mine() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS 'SELECT k.id FROM kids k WHERE k.tenant_id = cur()';
  ALTER POLICY iso ON kids USING (tenant_id = cur() AND id IN (SELECT mine()));`;

it('is mended by FORCE', async () => {
  expect(await fixFor('')).toEqual([FORCE]);
});

it("is left to a person where FORCE would have the owner's own function ask itself", async () => {
  expect(await fixFor(`${HELPER} ALTER FUNCTION mine() OWNER TO leak_own`)).toEqual([undefined]);
  // So it would.
  await client.query(`SET LOCAL app.tenant_id = '${A}'; INSERT INTO tenants VALUES ('${A}', 'a'); INSERT INTO kids DEFAULT VALUES;
    ${FORCE} SET LOCAL ROLE leak_app`);
  await expect(client.query('SELECT FROM kids')).rejects.toThrow(/infinite recursion|stack depth/);
});

it('is mended by FORCE where somebody else owns the function, or it reads another table', async () => {
  expect(await fixFor(`${HELPER} ALTER FUNCTION mine() OWNER TO leak_ops`)).toEqual([FORCE]);
  await client.query('DROP POLICY iso ON kids; DROP FUNCTION mine()');
  const other = HELPER.replace('kids k', 'parents k').replace(/ALTER POLICY.*;/, '');
  expect(await fixFor(`${other} ALTER FUNCTION mine() OWNER TO leak_own`)).toEqual([FORCE]);
});
