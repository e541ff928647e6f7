import { expect, it } from 'vitest';
import { useTestDatabase } from './database.js';
import { describeSchema } from './schema.js';

const db = useTestDatabase();

const MAKE = `
  CREATE TYPE mood AS ENUM ('good', 'bad');
  CREATE TABLE t (id serial PRIMARY KEY, m mood DEFAULT 'good', n int CHECK (n > 0));
  CREATE VIEW v AS SELECT id FROM t;
  CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE EXTENSION citext;
`;

const CHANGES = [
  'ALTER TABLE t ADD COLUMN x text',
  'ALTER TABLE t ALTER m DROP DEFAULT',
  'ALTER TABLE t ALTER n SET NOT NULL',
  'ALTER TABLE t DROP CONSTRAINT t_n_check',
  'ALTER TABLE t ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE t FORCE ROW LEVEL SECURITY',
  'CREATE POLICY p ON t USING (n = 1)',
  'CREATE INDEX ON t (n)',
  'CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()',
  'GRANT SELECT ON t TO PUBLIC',
  'GRANT SELECT (n) ON t TO PUBLIC',
  'REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC',
  'ALTER FUNCTION f() SECURITY DEFINER',
  'CREATE OR REPLACE VIEW v AS SELECT id FROM t WHERE n = 1',
  'ALTER VIEW v SET (security_barrier)',
  'ALTER SEQUENCE t_id_seq INCREMENT 2',
  "ALTER TYPE mood ADD VALUE 'fair'",
  'CREATE DOMAIN d AS int',
  'CREATE SCHEMA s',
  'DROP EXTENSION citext',
  "COMMENT ON COLUMN t.n IS 'a number'",
  'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
];

it('sees each change to a schema, and nothing once it is undone', async () => {
  const client = await db.client();
  await client.query(MAKE);
  const before = await describeSchema(client);
  expect(before).not.toMatch(/citext_/);
  for (const change of CHANGES) {
    await client.query(`BEGIN; ${change}`);
    expect(await describeSchema(client), change).not.toBe(before);
    await client.query('ROLLBACK');
  }
  expect(await describeSchema(client)).toBe(before);
  await client.query('ALTER TABLE t ADD COLUMN x text; ALTER TABLE t DROP COLUMN x');
  await client.query('GRANT SELECT ON t TO PUBLIC; REVOKE SELECT ON t FROM PUBLIC');
  expect(await describeSchema(client)).toBe(before);
});
