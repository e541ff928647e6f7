import { expect, it } from 'vitest';
import { readCatalog } from '../../../../src/catalog/read.js';
import type { CatalogSnapshot } from '../../../../src/catalog/snapshot.js';
import { withTransaction } from '../../../../src/postgres/transaction.js';
import { classify } from '../../../../src/tenancy/classify.js';
import type { ContextConfig } from '../../../../src/tenancy/config.js';
import { plansAlike, readOwnCode } from '../../../../src/verifier/probe/world/plans.js';
import type { World } from '../../../../src/verifier/probe/world/world.js';
import { databaseAt } from '../../../support/connect.js';
import { CURRENT, isolate, openShop, type Shop, TENANCY } from '../shop.js';

/** The names of the tables for which every context has the same plans, as the login sees it. */
async function alike({ db, login }: Shop, context: ContextConfig = TENANCY.context): Promise<string[]> {
  const [auditor, app] = [await databaseAt(db.url), await databaseAt(login.url)];
  const snapshot: CatalogSnapshot = await auditor.connect((client) =>
    withTransaction(client, 'repeatable read, read only', () => readCatalog(client)),
  );
  const model = classify(snapshot, { ...TENANCY, context });
  const children = new Map<number, unknown[]>();
  for (const { parents } of snapshot.relations) for (const oid of parents) children.set(oid, [{}]);
  const byOid = new Map(model.relations.map((known) => [known.relation.oid, known]));
  const ownCode = await app.connect(readOwnCode);
  const isAlike = plansAlike({ snapshot, model, byOid, children, ownCode } as unknown as World);
  return model.relations.filter(isAlike).map(({ relation }) => relation.name);
}

it('the tables of a database that has no code of its own', async () => {
  const shop = await openShop();
  expect(await alike(shop)).toEqual(['countries', 'kids', 'parents', 'tenants']);
  expect(await alike(shop, { sql: ["select set_config('app.tenant_id', :tenant, true)"] })).toEqual([]);
  expect(await alike(shop, { setting: 'app.tenant_id', variants: { all: ['set local role x'] } })).toEqual(
    [],
  );
});

const MINE = `CREATE FUNCTION mine() RETURNS uuid IMMUTABLE LANGUAGE sql AS $$ SELECT ${CURRENT} $$;`;
const SAME = `CREATE FUNCTION same(uuid, uuid) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$ SELECT uuid_eq($1, $2) $$;
  CREATE OPERATOR === (FUNCTION = same, LEFTARG = uuid, RIGHTARG = uuid);`;

it.each([
  ['a function in a policy', `${MINE} CREATE POLICY more ON kids USING (tenant_id = mine())`],
  [
    'a function in a WITH CHECK',
    `${MINE} CREATE POLICY more ON kids FOR INSERT WITH CHECK (tenant_id = mine())`,
  ],
  ['a function in a default', `${MINE} ALTER TABLE kids ALTER tenant_id SET DEFAULT mine()`],
  ['a function in a CHECK', `${MINE} ALTER TABLE kids ADD CHECK (tenant_id = mine())`],
  [
    'a function in a generated column',
    `${MINE} ALTER TABLE kids ADD whose uuid GENERATED ALWAYS AS (mine()) STORED`,
  ],
  [
    'another table, whose policies may call one',
    `${MINE} CREATE TABLE mates (kid uuid); ALTER TABLE mates ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON mates USING (kid = mine());
    CREATE POLICY more ON kids USING (id IN (SELECT kid FROM mates))`,
  ],
  ['an operator', `${SAME} CREATE POLICY more ON kids USING (tenant_id === ${CURRENT})`],
  [
    'a trigger',
    `CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
    CREATE TRIGGER touch BEFORE INSERT ON kids FOR EACH ROW EXECUTE FUNCTION touch()`,
  ],
  ['a rule', `CREATE RULE quiet AS ON DELETE TO kids DO ALSO SELECT 1`],
  ['a view over it', `CREATE VIEW shown AS SELECT * FROM kids`],
  ['a child', `CREATE TABLE child () INHERITS (kids)`],
])('not one with %s, nor what refers to it', async (_, sql) => {
  const shop = await openShop();
  await shop.plant(`CREATE TABLE toys (tenant_id uuid NOT NULL, kid_id uuid NOT NULL, id int PRIMARY KEY,
      FOREIGN KEY (tenant_id, kid_id) REFERENCES kids);
    CREATE TABLE parts (id int PRIMARY KEY, toy int REFERENCES toys, part int REFERENCES parts);
    ${isolate('toys')} ${sql}`);
  expect(await alike(shop)).toEqual(['countries', 'parents', 'tenants']);
});

it('a table that refers to itself is one; tables that refer to one another are not', async () => {
  const shop = await openShop();
  await shop.plant(`ALTER TABLE kids ADD friend uuid, ADD FOREIGN KEY (tenant_id, friend) REFERENCES kids;
    ALTER TABLE parents ADD UNIQUE (email), ADD boss text REFERENCES parents (email)`);
  expect(await alike(shop)).toContain('kids');
  await shop.plant(
    'ALTER TABLE parents ADD favourite uuid, ADD FOREIGN KEY (tenant_id, favourite) REFERENCES kids',
  );
  expect(await alike(shop)).toEqual(['countries', 'tenants']);
});

it('a plan that holds whose context it was is found where the others share theirs', async () => {
  const shop = await openShop();
  await shop.plant(`${MINE} DROP POLICY iso ON kids; CREATE POLICY iso ON kids USING (tenant_id = mine())`);
  const { found, verdicts, notDenied } = await shop.probe();
  expect(found).toEqual(['probe-plan-crosses kids']);
  expect(verdicts).toEqual({ kids: 'leaking' });
  expect(notDenied('kids').map(({ form }) => form)).toEqual(['prepared']);
});
