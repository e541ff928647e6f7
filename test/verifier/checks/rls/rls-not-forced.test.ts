import { expect, it } from 'vitest';
import { auditOf, baseConfig, useLeakBase } from '../../../support/leaks.js';

const base = useLeakBase();

async function fixFor(plant: string): Promise<(string | undefined)[]> {
  await base.client.query(`ALTER TABLE kids NO FORCE ROW LEVEL SECURITY; ${plant}`);
  const { findings } = await auditOf(base.client, baseConfig('public'));
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
  await base.client.query(`SET LOCAL app.tenant_id = '${A}'; INSERT INTO tenants VALUES ('${A}', 'a'); INSERT INTO kids DEFAULT VALUES;
    ${FORCE} SET LOCAL ROLE leak_app`);
  await expect(base.client.query('SELECT FROM kids')).rejects.toThrow(/infinite recursion|stack depth/);
});

it('is mended by FORCE where somebody else owns the function, or it reads another table', async () => {
  expect(await fixFor(`${HELPER} ALTER FUNCTION mine() OWNER TO leak_ops`)).toEqual([FORCE]);
  await base.client.query('DROP POLICY iso ON kids; DROP FUNCTION mine()');
  const other = HELPER.replace('kids k', 'parents k').replace(/ALTER POLICY.*;/, '');
  expect(await fixFor(`${other} ALTER FUNCTION mine() OWNER TO leak_own`)).toEqual([FORCE]);
});
