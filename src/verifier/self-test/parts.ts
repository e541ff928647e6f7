import { quoteIdent, quoteName } from '../../identifiers.js';
import type { Ground } from './ground.js';
import { MARK } from './ground.js';

/** Adds a policy to the table; `clause` is what follows ON in CREATE POLICY. */
export function policy(ground: Ground, name: string, clause: string): string {
  return `CREATE POLICY ${MARK}_${name} ON ${ground.t} ${clause};`;
}

export function dropPolicies({ table, t }: Ground): string {
  return table.policies.map(({ name }) => `DROP POLICY ${quoteIdent(name)} ON ${t};`).join(' ');
}

/** The table's policies, all of them replaced by one for every command. */
export function onlyPolicy(ground: Ground, using: string, check = ground.own): string {
  return `${dropPolicies(ground)} ${policy(ground, 'only', `USING (${using}) WITH CHECK (${check})`)}`;
}

/** A text column that no policy, key or constraint knows. */
export function note({ t }: Ground): string {
  return `ALTER TABLE ${t} ADD COLUMN ${MARK}_note text;`;
}

/** Row level security, a policy that holds, and the application's privileges. */
export function isolate({ app, own }: Ground, table: string): string {
  return `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY ${MARK} ON ${table} USING (${own}) WITH CHECK (${own});
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${app};`;
}

/** A new table of tenants that is in order; `columns` are added to it. */
export function soundTable(ground: Ground, name: string, columns = ''): string {
  const { type, tenant, root, rootKey } = ground;
  const table = ground.made(name);
  return `CREATE TABLE ${table} (${tenant} ${type} NOT NULL REFERENCES ${quoteName(root)} (${rootKey}) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(), ${MARK}_note text${columns && `, ${columns}`}, PRIMARY KEY (${tenant}, id));
    ${isolate(ground, table)}`;
}

/** The same for rows that are put there at once: nothing holds them to tenants that exist. */
export function looseTable(ground: Ground, name: string, tenantClause = 'NOT NULL'): string {
  const { type, tenant } = ground;
  const table = ground.made(name);
  return `CREATE TABLE ${table} (${tenant} ${type} ${tenantClause}, id uuid PRIMARY KEY DEFAULT gen_random_uuid(), ${MARK}_note text);
    CREATE INDEX ON ${table} (${tenant}); ${isolate(ground, table)}`;
}

/** A column of the parent by itself that names its rows: what a reference without the tenant goes to. */
export function parentRef({ p }: Ground): string {
  return `ALTER TABLE ${p} ADD COLUMN ${MARK}_key uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;`;
}

/** A function that the application may call. */
export function fn(ground: Ground, name: string, signature: string, body: string): string {
  return `CREATE FUNCTION ${ground.made(name)}${signature} AS $selftest$${body}$selftest$;
    GRANT EXECUTE ON FUNCTION ${ground.made(name)} TO ${ground.app};`;
}

/** A search path of its own, so that this is not what is wrong with a function. */
export const PATH = 'SET search_path = pg_catalog, pg_temp';

/** Every row of the table, whoever's, as one text. */
export const allRows = ({ t }: Ground): string => `(SELECT string_agg(every::text, ',') FROM ${t} AS every)`;
