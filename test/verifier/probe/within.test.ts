import { expect, it } from 'vitest';
import { CURRENT, openShop, type Shop } from './shop.js';

/** The forms that were tried on a table in a tenant's context, by command. */
async function formsOn(shop: Shop, table = 'kids') {
  const { relation, found } = await shop.probe();
  const forms = (command: string) =>
    [
      ...new Set(
        relation(table).proofs.flatMap((proof) =>
          proof.command === command && proof.context === 'tenant' ? proof.form : [],
        ),
      ),
    ].sort();
  return { found, forms };
}

const widest = ['blind', 'move blindly'];
const all = ['blind', 'by key', 'move blindly', 'take over', 'unqualified'];

it('what reaches no further than a trial that went through is not tried', async () => {
  const { forms, found } = await formsOn(await openShop());
  expect(found).toEqual([]);
  expect(forms('select')).toEqual(['prepared', 'unqualified']);
  expect(forms('update')).toEqual(widest);
  expect(forms('delete')).toEqual(['blind']);
  expect(forms('insert')).toEqual(['on conflict do update', 'plain']);
});

it('an owner that only a change of it passes is tried where the widest trial is stopped', async () => {
  const shop = await openShop();
  await shop.plant('CREATE POLICY open ON parents FOR UPDATE USING (true) WITH CHECK (false)');
  const { forms, found } = await formsOn(shop, 'parents');
  expect(found).toContain('probe-update-crosses parents');
  expect(forms('update')).toEqual(all);
});

it('a write by key that changes no value is seen by its count, where the place of a row cannot be read', async () => {
  const shop = await openShop();
  await shop.plant(`REVOKE SELECT ON kids FROM :app; GRANT SELECT (tenant_id, id, note) ON kids TO :app;
    CREATE POLICY open ON kids USING (true)`);
  const { relation } = await shop.probe();
  const byKey = relation('kids').proofs.filter(
    ({ command, form, context }) => command === 'update' && form === 'by key' && context === 'tenant',
  );
  expect(byKey.map(({ result }) => result)).toEqual(['crossed', 'crossed']);
});

it('a read by key is tried where one of everything fails', async () => {
  const shop = await openShop();
  await shop.plant(`ALTER POLICY iso ON kids
    USING (1 / (CASE WHEN tenant_id = ${CURRENT} THEN 1 ELSE 0 END) = 1)`);
  expect((await formsOn(shop)).forms('select')).toContain('by key');
});

it.each([
  [
    'whose place cannot be read',
    'REVOKE SELECT ON kids FROM :app; GRANT SELECT (tenant_id, id, note) ON kids TO :app',
  ],
  [
    'that a trigger looks after',
    `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
      CREATE TRIGGER t BEFORE UPDATE ON kids FOR EACH ROW EXECUTE FUNCTION f()`,
  ],
])('everything is tried on rows %s', async (_, sql) => {
  const shop = await openShop();
  await shop.plant(sql);
  const { forms, found } = await formsOn(shop);
  expect(found).toEqual([]);
  expect(forms('update')).toEqual(expect.arrayContaining(all));
});

it.each([
  ['speaks for all where policies see nothing else of a row', 'true', 1],
  ['speaks for itself where they see more', "note <> ''", 2],
  ['speaks for itself where they see the whole of it', 'kids IS NOT NULL', 2],
])('one refused row %s', async (_, more, times) => {
  const shop = await openShop();
  await shop.plant(`ALTER TABLE kids ALTER note SET NOT NULL, ADD UNIQUE (tenant_id, note);
    CREATE POLICY more ON kids FOR INSERT WITH CHECK (tenant_id = ${CURRENT} AND ${more})`);
  const { relation, found } = await shop.probe();
  expect(found).toEqual([]);
  const tried = (form: string) =>
    relation('kids').proofs.filter((proof) => proof.form === form && proof.context === 'tenant').length;
  expect([tried('on conflict do update'), tried('move blindly'), tried('move')]).toEqual([
    2 * times,
    2,
    2 * (times - 1),
  ]);
});
