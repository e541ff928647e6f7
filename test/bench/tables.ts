import { quoteIdent } from '../../src/identifiers.js';
import { urlFor, withClient } from '../support/server.js';

export const APP = { role: 'bench_app', password: 'bench' };

/** A transaction holds a lock on each table that it makes. */
const AT_ONCE = 100;

const TENANT = `nullif(current_setting('app.organization_id', true), '')::uuid`;

const ROOT_TABLE = `
  CREATE TABLE organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
  ALTER TABLE organizations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY own ON organizations USING (id = ${TENANT}) WITH CHECK (id = ${TENANT});
  GRANT SELECT, INSERT ON organizations TO ${APP.role};`;

/**
 * Makes a database of so many tables of tenants as applications have them: a composite key, a reference within the tenant
 * to another table, CHECKs, two indexes, a policy that is forced.
 *
 * @param server a superuser's URL
 * @returns its URL
 */
export async function makeTables(server: string, count: number): Promise<string> {
  const name = `tables_${count}`;
  const url = urlFor(server, name);
  await withClient(server, async (client) => {
    await client.query(`CREATE DATABASE ${quoteIdent(name)}`);
    await client.query(`REVOKE ALL ON DATABASE ${quoteIdent(name)} FROM PUBLIC;
      GRANT CONNECT ON DATABASE ${quoteIdent(name)} TO ${APP.role}`);
  });
  await withClient(url, async (client) => {
    await client.query(`GRANT USAGE ON SCHEMA public TO ${APP.role}; ${ROOT_TABLE}`);
    for (let first = 1; first <= count; first += AT_ONCE) {
      const numbers = Array.from(
        { length: Math.min(AT_ONCE, count - first + 1) },
        (_, index) => first + index,
      );
      await client.query(numbers.map(table).join('\n'));
    }
    await client.query('ANALYZE');
  });
  return url;
}

/** Every tenth begins a new line of references. */
function table(number: number): string {
  const name = `item_${number}`;
  const hasParent = number % 10 !== 1;
  const reference = `parent_id uuid NOT NULL,
    FOREIGN KEY (organization_id, parent_id) REFERENCES item_${number - 1} (organization_id, id),`;
  return `
  CREATE TABLE ${name} (
    organization_id uuid NOT NULL REFERENCES organizations, id uuid NOT NULL DEFAULT gen_random_uuid(),
    ${hasParent ? reference : ''} name text NOT NULL, status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    amount numeric(12, 2) NOT NULL DEFAULT 0 CHECK (amount >= 0), created_at timestamptz NOT NULL DEFAULT now(), note text,
    PRIMARY KEY (organization_id, id), UNIQUE (organization_id, name));
  CREATE INDEX ON ${name} (organization_id, created_at);
  ${hasParent ? `CREATE INDEX ON ${name} (organization_id, parent_id);` : ''}
  ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant ON ${name} USING (organization_id = ${TENANT}) WITH CHECK (organization_id = ${TENANT});
  GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${APP.role};`;
}
