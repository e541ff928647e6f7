import { describe, expect, it } from 'vitest';
import { createLogin } from '../../../support/database.js';
import { CURRENT, openShop } from '../shop.js';

describe('roles that the login can become', () => {
  it('with BYPASSRLS, which no membership inherits, reaches what the login does not', async () => {
    const shop = await openShop();
    const ops = (await createLogin(shop.db, 'ops', { attributes: 'BYPASSRLS' })).role;
    await shop.plant(`GRANT SELECT, UPDATE, DELETE ON kids TO "${ops}"; GRANT "${ops}" TO :app`);
    const { notDenied, found } = await shop.probe();
    expect(new Set(notDenied('kids').map(({ guise }) => guise))).toEqual(new Set([`role ${ops}`]));
    expect(found).toEqual([
      'probe-delete-crosses kids',
      'probe-move-crosses kids',
      'probe-select-crosses kids',
      'probe-update-crosses kids',
    ]);
  });

  it('without any privilege, and one that the same policies bind, reach nothing', async () => {
    const shop = await openShop();
    const idle = (await createLogin(shop.db, 'idle')).role;
    const group = (await createLogin(shop.db, 'group')).role;
    await shop.plant(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "${group}";
      REVOKE INSERT, UPDATE, DELETE ON countries FROM "${group}"; REVOKE DELETE ON tenants FROM "${group}";
      GRANT "${idle}", "${group}" TO :app`);
    const { relation, found, verdicts } = await shop.probe();
    expect({ found, verdicts }).toEqual({ found: [], verdicts: {} });
    const guises = new Set(relation('kids').proofs.map(({ guise }) => guise));
    expect(guises).toEqual(new Set([undefined, `role ${group}`, `role ${idle}`]));
  });
});

describe('variants of the context', () => {
  const variants = {
    member: ["SELECT set_config('app.part', 'member', true)"],
    support: ["SELECT set_config('app.part', 'support', true)"],
  };

  it('a part that sees more than its tenant is found, and named', async () => {
    const shop = await openShop();
    await shop.plant(`ALTER POLICY iso ON kids USING (tenant_id = ${CURRENT}
      OR (SELECT current_setting('app.part', true)) = 'support')`);
    const context = { setting: 'app.tenant_id' };
    const quiet = await shop.probe({ context });
    expect(quiet.found).toEqual([]);
    const { notDenied, found } = await shop.probe({ context: { ...context, variants } });
    expect(found).toContain('probe-select-crosses kids');
    expect(new Set(notDenied('kids').map(({ guise }) => guise))).toEqual(new Set(['variant support']));
  });

  it('parts that stay within their tenant are isolated, also where one may not write', async () => {
    const shop = await openShop();
    await shop.plant(`CREATE POLICY parts ON kids AS RESTRICTIVE FOR INSERT
      WITH CHECK ((SELECT current_setting('app.part', true)) = 'member')`);
    const { verdicts, relation } = await shop.probe({ context: { setting: 'app.tenant_id', variants } });
    expect(verdicts).toEqual({});
    expect(relation('kids').proofs.some(({ guise }) => guise === 'variant support')).toBe(true);
  });

  it('a part that cannot be taken on leaves nothing isolated', async () => {
    const shop = await openShop();
    const broken = { ...variants, broken: ['SELECT no_such_function()'] };
    const { verdicts } = await shop.probe({ context: { setting: 'app.tenant_id', variants: broken } });
    expect(verdicts).toMatchObject({ kids: 'inconclusive', parents: 'inconclusive' });
  });
});
