import { describe, expect, it } from 'vitest';
import { functionFindings } from '../../../../src/verifier/probe/functions/function-findings.js';
import { openShop, TENANCY } from '../shop.js';

const SOMEBODY = '11111111-1111-4111-8111-111111111111';
const set = (value: string) => `set_config('app.tenant_id', ${value}, true)`;

describe('a function that puts another tenant in the context', () => {
  it.each([
    ['in SQL', 'f()', `RETURNS text LANGUAGE sql AS $$SELECT ${set(`'${SOMEBODY}'`)}$$`],
    [
      'in PL/pgSQL',
      'f()',
      `RETURNS void LANGUAGE plpgsql AS $$BEGIN SET LOCAL app.tenant_id = '${SOMEBODY}'; END$$`,
    ],
    ['whatever it is given', 'f(uuid)', `RETURNS text LANGUAGE sql AS $$SELECT ${set(`'${SOMEBODY}'`)}$$`],
  ])('is found: %s', async (_, signature, body) => {
    const shop = await openShop();
    await shop.plant(`CREATE FUNCTION ${signature} ${body}`);
    const { result } = await shop.probe();
    expect(functionFindings(result.functions, 'app')).toMatchObject([
      {
        ...{ check: 'probe-function-sets-tenant', severity: 'warn' },
        detail:
          'app, as one tenant, called it and had another value in app.tenant_id, which nobody had named',
      },
    ]);
  });

  it('is found by any setting of a context that SQL sets', async () => {
    const shop = await openShop();
    await shop.plant(
      `CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT set_config('app.role', 'admin', true)$$`,
    );
    const sql = [
      "SELECT set_config('app.tenant_id', $1, true)",
      "SELECT set_config('app.role', 'user', true)",
    ];
    const { result } = await shop.probe({ ...TENANCY, context: { sql } });
    expect(functionFindings(result.functions, 'app')).toMatchObject([
      { detail: expect.stringContaining('app.role') },
    ]);
  });

  it.each([
    ['the tenant that it is given', 'f(uuid)', `RETURNS text LANGUAGE sql AS $$SELECT ${set('$1::text')}$$`],
    ['nobody', 'f()', `RETURNS text LANGUAGE sql AS $$SELECT ${set("''")}$$`],
    ['something else', 'f()', `RETURNS text LANGUAGE sql AS $$SELECT set_config('app.locale', 'de', true)$$`],
    [
      'the tenant for itself alone',
      'f()',
      `RETURNS bool LANGUAGE sql SET app.tenant_id = '${SOMEBODY}' AS $$SELECT true$$`,
    ],
  ])('sets %s: none', async (_, signature, body) => {
    const shop = await openShop();
    await shop.plant(`CREATE FUNCTION ${signature} ${body}`);
    const { result } = await shop.probe();
    expect(functionFindings(result.functions, 'app')).toEqual([]);
  });
});
