import { expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';
import { TENANT_TABLES } from './tenant.js';

// Rules that hold for every table, also those of migrations to come: read from the catalog, not from a list.
const database = useTestDatabase({ template: 'booking' });

const OWNED = `SELECT attrelid FROM pg_attribute
  WHERE attname = 'organization_id' AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r')`;

it('the tests know every table of an organization', async () => {
  const rows = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE oid IN (${OWNED}) ORDER BY 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual([...TENANT_TABLES].sort());
});

it('row level security is enabled and forced, with one policy for everybody', async () => {
  const rows = await database.query(
    `SELECT relname FROM pg_class c WHERE (oid IN (${OWNED}) OR relname = 'organizations')
     AND NOT (relrowsecurity AND relforcerowsecurity AND (SELECT count(*) = 1 AND bool_and(polroles = '{0}' AND polcmd = '*')
       FROM pg_policy WHERE polrelid = c.oid)) AND relkind = 'r'`,
  );
  expect(rows).toEqual([]);
});

it('every index begins with the organization, hence every unique one is scoped by it', async () => {
  const rows = await database.query(
    `SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid IN (${OWNED})
     AND (SELECT attname FROM pg_attribute WHERE attrelid = indrelid AND attnum = indkey[0]) <> 'organization_id'`,
  );
  expect(rows).toEqual([]);
});

it('every index is valid and every foreign key validated', async () => {
  expect(await database.query('SELECT FROM pg_index WHERE NOT indisvalid')).toEqual([]);
  expect(await database.query('SELECT FROM pg_constraint WHERE NOT convalidated')).toEqual([]);
});

it('a foreign key between tables of an organization carries the organization on both sides', async () => {
  const rows = await database.query(
    `SELECT conname FROM pg_constraint c WHERE contype = 'f' AND conrelid IN (${OWNED}) AND confrelid IN (${OWNED})
     AND NOT EXISTS (
       SELECT FROM unnest(conkey, confkey) AS pair (ours, theirs)
       JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = ours AND a.attname = 'organization_id'
       JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = theirs AND b.attname = 'organization_id')`,
  );
  expect(rows).toEqual([]);
});

it('every foreign key to an organization cascades', async () => {
  const rows = await database.query(
    `SELECT conname FROM pg_constraint WHERE contype = 'f' AND confrelid = 'organizations'::regclass
     AND confdeltype <> 'c'`,
  );
  expect(rows).toEqual([]);
});

it('every foreign key between those tables has an index to look its rows up', async () => {
  const rows = await database.query(
    `SELECT conname FROM pg_constraint c WHERE contype = 'f' AND conrelid IN (${OWNED}) AND confrelid IN (${OWNED})
     AND NOT EXISTS (
       SELECT FROM pg_index WHERE indrelid = conrelid AND indpred IS NULL
       AND (string_to_array(indkey::text, ' ')::int2[])[1:2] = conkey[1:2])`,
  );
  expect(rows).toEqual([]);
});

it('times are with time zone, documents are jsonb', async () => {
  const rows = await database.query(
    `SELECT attrelid::regclass::text, attname FROM pg_attribute
     WHERE attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)
     AND atttypid IN ('timestamp'::regtype, 'json'::regtype)`,
  );
  expect(rows).toEqual([]);
});

it('functions run as their caller, with a pinned search path that ends with pg_temp', async () => {
  const rows = await database.query(
    `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
     AND (prosecdef OR proconfig IS DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp'])`,
  );
  expect(rows).toEqual([]);
});
