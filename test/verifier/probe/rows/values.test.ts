import type pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import type { Column } from '../../../../src/catalog/snapshot.js';
import { newToken, valuesFor } from '../../../../src/verifier/probe/rows/values.js';
import { useTestDatabase } from '../../../support/database.js';

const db = useTestDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await db.client();
});

function column(type: string, changes: Partial<Column> = {}): Column {
  return {
    ...{ name: 'c', number: 1, type, baseType: type, typeKind: 'base', enumLabels: [], domainChecks: [] },
    ...{
      elementType: undefined,
      notNull: true,
      neverNull: true,
      defaultExpression: undefined,
      generated: false,
      identity: undefined,
    },
    ...{ collationDeterministic: true, collation: undefined, grants: [] },
    ...changes,
  };
}

/** Types that people give to columns; those of the server's own catalogs are not among them. */
const TYPES = `
  text|character varying(3)|character varying|character(2)|name|"char"|uuid|boolean|smallint|integer|bigint|numeric(4,2)|numeric
  real|double precision|money|json|jsonb|xml|date|time without time zone|time with time zone|timestamp(3) with time zone
  timestamp without time zone|interval|bytea|inet|cidr|macaddr|macaddr8|bit(3)|bit varying(2)|tsvector|tsquery|point|line|lseg
  box|path|polygon|circle|pg_lsn|oid|regclass`
  .split(/[|\n]/)
  .map((type) => type.trim())
  .filter((type) => type !== '');

it.each(TYPES)('%s: each value is one', async (type) => {
  const values = await valuesFor(column(type), newToken());
  expect(values.length).toBeGreaterThan(0);
  for (const value of values) await client.query(`SELECT $1::${type}`, [value]);
});

it('arrays, ranges and enums', async () => {
  expect(await valuesFor(column('text[]', { elementType: 'text' }), newToken())).toHaveLength(3);
  expect(
    await valuesFor(column('app.mood', { typeKind: 'enum', enumLabels: ['ok', 'bad'] }), newToken()),
  ).toEqual(['ok', 'bad']);
  for (const range of ['int4range', 'tstzrange', 'daterange']) {
    for (const value of await valuesFor(column(range, { typeKind: 'range' }), newToken())) {
      await client.query(`SELECT $1::${range}`, [value]);
    }
  }
  for (const type of ['text', 'integer', 'jsonb']) {
    for (const value of await valuesFor(column(`${type}[]`, { elementType: type }), newToken())) {
      await client.query(`SELECT $1::${type}[]`, [value]);
    }
  }
});

it('a short text differs from row to row', async () => {
  const first = async () => (await valuesFor(column('character varying(5)'), newToken()))[0];
  expect(await first()).toHaveLength(5);
  expect(await first()).not.toBe(await first());
});

it('an unknown type has none', async () => {
  expect(await valuesFor(column('app.shape'), newToken())).toEqual([]);
});
