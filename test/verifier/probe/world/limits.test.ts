import { describe, expect, it } from 'vitest';
import { openShop, type Shop } from '../shop.js';

/** Two tenants with a row each, where the probe would otherwise make its own. */
async function openFilledShop(): Promise<Shop> {
  const shop = await openShop();
  await shop.plant(`INSERT INTO tenants (name) VALUES ('a'), ('b');
    INSERT INTO parents (tenant_id, name) SELECT id, name FROM tenants;
    INSERT INTO kids (tenant_id, parent_id) SELECT tenant_id, id FROM parents`);
  return shop;
}

describe('read only', () => {
  it('tries the rows that are there, writes nothing, and says what it could not prove', async () => {
    const shop = await openFilledShop();
    const { relation, found, verdicts } = await shop.probe({}, { readOnly: true });
    const { proofs, omissions } = relation('kids');
    expect(found).toEqual([]);
    expect(new Set(proofs.map(({ command }) => command))).toEqual(new Set(['select']));
    expect(proofs.every(({ result }) => result === 'denied')).toBe(true);
    expect(omissions).toContainEqual({
      ...{ what: 'INSERT, UPDATE, DELETE', reason: 'nothing is written under --read-only', required: true },
    });
    expect(verdicts).toMatchObject({
      kids: 'inconclusive',
      parents: 'inconclusive',
      tenants: 'inconclusive',
    });
  });

  it('finds what is open to reads', async () => {
    const shop = await openFilledShop();
    await shop.plant('ALTER TABLE kids DISABLE ROW LEVEL SECURITY');
    const { found, verdicts } = await shop.probe({}, { readOnly: true });
    expect(found).toContain('probe-select-crosses kids');
    expect(verdicts).toMatchObject({ kids: 'leaking' });
  });

  it('is not isolated where the login may write and not read', async () => {
    const shop = await openFilledShop();
    await shop.plant('REVOKE ALL ON kids FROM :app; GRANT INSERT ON kids TO :app');
    const { verdicts } = await shop.probe({}, { readOnly: true });
    expect(verdicts).toMatchObject({ kids: 'inconclusive' });
  });
});

describe('a relation that is left out', () => {
  it('is not touched, not even for rows that refer to it, and is inconclusive', async () => {
    const shop = await openFilledShop();
    await shop.plant(`CREATE FUNCTION alarm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'touched'; END $$;
      CREATE TRIGGER alarm BEFORE INSERT OR UPDATE OR DELETE ON parents FOR EACH STATEMENT EXECUTE FUNCTION alarm()`);
    const { relation, verdicts } = await shop.probe({}, { exclude: ['parents'] });
    expect(relation('parents').proofs).toEqual([]);
    expect(verdicts).toMatchObject({ parents: 'inconclusive' });
    expect(JSON.stringify(relation('kids'))).not.toContain('touched');
  });
});
