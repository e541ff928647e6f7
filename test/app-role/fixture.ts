import { type AppRoleOptions, type AppRoleResult, ensureAppRole } from '../../src/app-role/ensure.js';
import { normalizeConfig } from '../../src/config/normalize.js';
import { type ConfigInput, configSchema } from '../../src/config/schema.js';
import type { TenancyConfig } from '../../src/tenancy/config.js';
import { databaseAt } from '../support/connect.js';
import { dropRoleWith, type TestDatabase } from '../support/database.js';

/** A small shop: root, tenant tables, a shared one, and what nobody has said anything about. */
export const SHOP = `
  CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text);
  CREATE TABLE orders (id serial PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenants, note text);
  CREATE TABLE "Order Lines" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id int REFERENCES orders);
  CREATE TABLE countries (code text PRIMARY KEY);
  CREATE TABLE scratch (id int);
  CREATE TABLE knex_migrations (id serial PRIMARY KEY, name text);
  CREATE TABLE visits (tenant_id uuid REFERENCES tenants, day date) PARTITION BY RANGE (day);
  CREATE TABLE visits_all PARTITION OF visits DEFAULT;
  CREATE VIEW order_notes AS SELECT tenant_id, note FROM orders;
  CREATE MATERIALIZED VIEW order_counts AS SELECT tenant_id, count(*) FROM orders GROUP BY 1;
  ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
  ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
  ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
  ALTER TABLE "Order Lines" ENABLE ROW LEVEL SECURITY;`;

/** Configuration for SHOP, with changes. */
export function shopTenancy(changes: Partial<NonNullable<ConfigInput['tenancy']>> = {}): TenancyConfig {
  const tenancy = {
    root: 'tenants',
    column: 'tenant_id',
    context: { setting: 'app.tenant_id' },
    shared: { countries: 'the same for all' },
    ...changes,
  };
  const config = normalizeConfig(configSchema.parse({ tenancy }), undefined, '/');
  if (!config.tenancy) throw new Error('the tenancy was given');
  return config.tenancy;
}

/** A name of its own for each database, dropped with it: roles belong to the whole cluster. */
export function roleFor(database: TestDatabase, name = 'app'): string {
  const role = `${database.name}_${name}`;
  dropRoleWith(database, role);
  return role;
}

/** Runs the engine as the command does. */
export async function ensure(
  url: string,
  tenancy: TenancyConfig,
  options: Partial<AppRoleOptions> & { role: string },
): Promise<AppRoleResult> {
  return ensureAppRole(await databaseAt(url), tenancy, {
    password: { kind: 'given', password: 'a good password' },
    dryRun: false,
    lockWaitMs: 10_000,
    onEvent: () => {},
    ...options,
  });
}

/** The role's attributes and what it was granted itself, as lines of text. */
export async function describeRole(database: TestDatabase, role: string): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `SELECT format('%s %s on %s', 'table', string_agg(privilege_type, ',' ORDER BY privilege_type), c.oid::regclass) AS line
       FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
      WHERE r.rolname = $1 AND c.relkind <> 'S' GROUP BY c.oid
     UNION ALL
     SELECT format('sequence %s on %s', a.privilege_type, c.oid::regclass)
       FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
      WHERE r.rolname = $1 AND c.relkind = 'S'
     UNION ALL
     SELECT format('schema %s on %s', a.privilege_type, n.nspname)
       FROM pg_namespace n, aclexplode(n.nspacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = $1
     UNION ALL
     SELECT format('database %s', a.privilege_type)
       FROM pg_database d, aclexplode(d.datacl) a JOIN pg_roles r ON r.oid = a.grantee
      WHERE r.rolname = $1 AND d.datname = current_database()
     UNION ALL
     SELECT format('setting %s', c) FROM pg_db_role_setting s, unnest(s.setconfig) c
      WHERE s.setrole = (SELECT oid FROM pg_roles WHERE rolname = $1)
     UNION ALL
     SELECT concat_ws(' ', 'role', CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolsuper THEN 'SUPERUSER' END,
       CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
       CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, rolconnlimit)
       FROM pg_roles WHERE rolname = $1
     ORDER BY 1`,
    [role],
  );
  return rows.map(({ line }) => line);
}
