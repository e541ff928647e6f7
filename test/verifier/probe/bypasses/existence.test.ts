import { describe, expect, it } from 'vitest';
import { isolate, openShop } from '../shop.js';

const LOOKS_INTO_ROWS = `
  CREATE FUNCTION taken(wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS 'SELECT EXISTS (SELECT FROM parents WHERE name = wanted)';
  ALTER TABLE parents ADD CHECK (NOT taken(name))`;

const TOLD: [name: string, sql: string, forms: string[]][] = [
  ['a unique column', 'ALTER TABLE parents ADD UNIQUE (email)', ['duplicate refused', 'duplicate skipped']],
  [
    'an index on an expression',
    'CREATE UNIQUE INDEX ON parents (lower(email))',
    ['duplicate refused', 'duplicate skipped'],
  ],
  [
    'a partial index',
    'CREATE UNIQUE INDEX ON parents (email) WHERE email IS NOT NULL',
    ['duplicate refused', 'duplicate skipped'],
  ],
  [
    'a generated column',
    'ALTER TABLE parents ADD handle text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE',
    ['duplicate refused', 'duplicate skipped'],
  ],
  [
    'a constraint that is checked late',
    'ALTER TABLE parents ADD UNIQUE (email) DEFERRABLE INITIALLY DEFERRED',
    ['duplicate refused'],
  ],
  [
    'a key that must differ in one column of two',
    'ALTER TABLE parents ADD UNIQUE (email, name)',
    ['duplicate refused', 'duplicate skipped'],
  ],
  [
    'an exclusion constraint',
    'ALTER TABLE parents ADD held tsrange, ADD EXCLUDE USING gist (held WITH &&)',
    ['duplicate refused', 'duplicate skipped'],
  ],
  ['a CHECK that looks into other rows', LOOKS_INTO_ROWS, ['duplicate refused']],
];

describe('what a tenant is told of another', () => {
  it.each(TOLD)('by %s', async (_, sql, forms) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, notDenied, verdicts } = await shop.probe();
    expect({ found, verdicts }).toEqual({
      found: ['probe-existence-told parents'],
      verdicts: { parents: 'leaking' },
    });
    const told = notDenied('parents');
    expect(told.map(({ form }) => form)).toEqual(forms);
    expect(told[0]?.detail).toMatch(/^was told that another tenant has the same (email|name|held)/);
  });

  it('by a key of text is a remark: only its makers know it', async () => {
    const shop = await openShop();
    await shop.plant(
      `CREATE TABLE codes (code text PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenants); ${isolate('codes')}`,
    );
    const { notDenied, verdicts } = await shop.probe();
    expect({ told: notDenied('codes').map(({ result }) => result), verdicts }).toEqual({
      told: ['allowed', 'allowed'],
      verdicts: {},
    });
  });

  it.each([
    ['with the tenant in the key', 'ALTER TABLE parents ADD UNIQUE (email, tenant_id)'],
    ['by what nobody chooses', 'ALTER TABLE parents ADD token uuid UNIQUE DEFAULT gen_random_uuid()'],
    ['within the tenant', 'ALTER TABLE parents ADD EXCLUDE (tenant_id WITH =, email WITH =)'],
    ['where the app adds no rows', 'ALTER TABLE countries ADD UNIQUE (code)'],
  ])('is nothing %s', async (_, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, verdicts } = await shop.probe();
    expect({ found, verdicts }).toEqual({ found: [], verdicts: {} });
  });
});
