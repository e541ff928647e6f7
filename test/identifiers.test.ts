import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayName, parseName, quoteIdent, quoteLiteral, quoteName } from '../src/identifiers.js';
import { useTestDatabase } from './support/database.js';

const db = useTestDatabase();

/** What PostgreSQL takes for an identifier: up to 63 bytes, no NUL. */
const identifier = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 15 })
  .filter((text) => !text.includes('\0'));

describe('quoteIdent', () => {
  it.each(['plain', 'Shop', 'select', 'a.b', 'a"b', 'a b', '"', 'ü'])('is read back as %j', async (name) => {
    const rows = await db.query(`select 1 as ${quoteIdent(name)}`);
    expect(Object.keys(rows[0] ?? {})).toEqual([name]);
  });

  it('is read back by PostgreSQL, whatever the name', async () => {
    const client = await db.client();
    await fc.assert(
      fc.asyncProperty(identifier, async (name) => {
        const { fields } = await client.query(`select 1 as ${quoteIdent(name)}`);
        expect(fields[0]?.name).toBe(name);
      }),
      { numRuns: 100 },
    );
  });
});

describe('quoteLiteral', () => {
  it('is read back by PostgreSQL, with backslashes and either setting of standard_conforming_strings', async () => {
    const client = await db.client();
    for (const setting of ['on', 'off']) {
      await client.query(`set standard_conforming_strings = ${setting}; set escape_string_warning = off`);
      await fc.assert(
        fc.asyncProperty(fc.oneof(identifier, fc.constantFrom("'", '\\', "\\'", "''\\\\")), async (value) => {
          const { rows } = await client.query(`select ${quoteLiteral(value)} as value`);
          expect(rows).toEqual([{ value }]);
        }),
        { numRuns: 100 },
      );
    }
  });
});

describe('parseName', () => {
  it.each([
    ['orders', 'public', 'orders'],
    ['shop.orders', 'shop', 'orders'],
    ['Shop.Tenants', 'Shop', 'Tenants'],
    ['my table', 'public', 'my table'],
    ['"odd.schema".t', 'odd.schema', 't'],
    ['"odd.schema"."t"', 'odd.schema', 't'],
    ['a."say ""hi"""', 'a', 'say "hi"'],
  ])('%s', (text, schema, name) => {
    expect(parseName(text, 'public')).toEqual({ schema, name });
  });

  it.each(['', '.', 'a.', '.a', 'a.b.c', '"a', 'a"b', '""', 'a..b', '"a"b'])('refuses %j', (text) => {
    expect(parseName(text, 'public')).toBeUndefined();
  });

  it('reads what quoteName writes', () => {
    fc.assert(
      fc.property(identifier, identifier, (schema, name) => {
        expect(parseName(quoteName({ schema, name }), 'public')).toEqual({ schema, name });
      }),
    );
  });
});

it('displayName leaves the default schema out', () => {
  expect(displayName({ schema: 'public', name: 'orders' })).toBe('orders');
  expect(displayName({ schema: 'shop', name: 'orders' })).toBe('shop.orders');
  expect(displayName({ schema: 'shop', name: 'orders' }, 'shop')).toBe('orders');
});
