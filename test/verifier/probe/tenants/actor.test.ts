import { describe, expect, it } from 'vitest';
import { quoteIdent } from '../../../../src/identifiers.js';
import { createLogin } from '../../../support/database.js';
import { openShop } from '../shop.js';

/** PostgREST's and PostGraphile's way: the login inherits nothing, and each transaction begins with SET ROLE. */
async function openBorrowed() {
  const shop = await openShop();
  const { role: visitor } = await createLogin(shop.db, 'visitor');
  await shop.plant(`
    ALTER ROLE :app NOINHERIT; GRANT ${quoteIdent(visitor)} TO :app;
    REVOKE ALL ON tenants, parents, kids, countries FROM :app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON parents, kids TO ${quoteIdent(visitor)};
    GRANT SELECT, INSERT, UPDATE ON tenants TO ${quoteIdent(visitor)};
    GRANT SELECT ON countries TO ${quoteIdent(visitor)};`);
  const sql = [`set local role ${quoteIdent(visitor)}`, "select set_config('app.tenant_id', $1, true)"];
  return { ...shop, visitor, probe: () => shop.probe({ context: { sql } }), probeBare: () => shop.probe() };
}

describe("the context's role", () => {
  it('is whom everything is tried as', async () => {
    const shop = await openBorrowed();
    const { verdicts, found, relation, notDenied } = await shop.probe();
    expect({ verdicts, found }).toEqual({ verdicts: {}, found: [] });
    expect(notDenied('kids')).toEqual([]);
    const { proofs, touchable } = relation('kids');
    expect(touchable).toBe(true);
    const contexts = new Set(proofs.filter(({ by }) => by !== 'privilege').map(({ context }) => context));
    expect(contexts).toContain('never set');
    expect(contexts).toContain('after commit');
  });

  it.each([
    ['USING (true)', ['probe-context-crosses kids', 'probe-select-crosses kids']],
    ["USING (coalesce(current_setting('app.tenant_id', true), '') = '')", ['probe-context-crosses kids']],
  ])('meets a policy for it alone: %s', async (using, expected) => {
    const shop = await openBorrowed();
    await shop.plant(`CREATE POLICY p ON kids FOR SELECT TO ${quoteIdent(shop.visitor)} ${using}`);
    expect((await shop.probe()).found).toEqual(expected);
  });

  it('leaves open what only another role could try, where the context does not become it', async () => {
    const shop = await openBorrowed();
    await shop.plant('GRANT SELECT, INSERT ON tenants TO :app');
    const { verdicts, relation } = await shop.probeBare();
    expect(verdicts).toMatchObject({ kids: 'inconclusive', parents: 'inconclusive' });
    expect(relation('kids').omissions).toEqual([
      expect.objectContaining({
        what: 'SET ROLE',
        required: true,
        remedy: expect.stringContaining(shop.visitor),
      }),
    ]);
  });
});
