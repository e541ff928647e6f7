import { describe, expect, it } from 'vitest';
import type { TenancyConfig } from '../../../src/tenancy/config.js';
import { openShop } from './shop.js';

/** Quoted names, text keys, a schema of its own, the tenant in a JSON document that the context's SQL sets. */
const CLAIM = `(SELECT nullif(current_setting('request.claims', true), '')::jsonb ->> 'tenant')`;
const ODD = `
  CREATE SCHEMA "Shop Data"; GRANT USAGE ON SCHEMA "Shop Data" TO :app;
  CREATE TABLE "Shop Data"."Tenants" ("Key" text PRIMARY KEY, "select" text NOT NULL);
  CREATE TABLE "Shop Data"."Order" ("Tenant Key" text NOT NULL REFERENCES "Shop Data"."Tenants", "Nr." bigserial PRIMARY KEY,
    "user" varchar(20) NOT NULL DEFAULT 'x', UNIQUE ("Tenant Key", "Nr."));
  CREATE TABLE "Shop Data"."Line ""2""" ("Tenant Key" text NOT NULL, "order" bigint NOT NULL, "pos" smallint NOT NULL,
    PRIMARY KEY ("Tenant Key", "order", "pos"), FOREIGN KEY ("Tenant Key", "order") REFERENCES "Shop Data"."Order" ("Tenant Key", "Nr."));
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA "Shop Data" TO :app;
  ${['Tenants', 'Order', 'Line ""2""']
    .map((table, index) => {
      const column = index === 0 ? '"Key"' : '"Tenant Key"';
      return `ALTER TABLE "Shop Data"."${table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY iso ON "Shop Data"."${table}" USING (${column} = ${CLAIM});
        GRANT SELECT, INSERT, UPDATE, DELETE ON "Shop Data"."${table}" TO :app;`;
    })
    .join('\n')}`;

const ODD_TENANCY: Partial<TenancyConfig> = {
  schemas: ['Shop Data'],
  root: { schema: 'Shop Data', name: 'Tenants' },
  columns: ['Tenant Key'],
  context: {
    sql: ["SELECT set_config('request.claims', json_build_object('tenant', $1::text)::text, true)"],
  },
};

/** Numbers as keys, and tenants that the application does not add. */
const NUMBERED = `
  CREATE SCHEMA num; GRANT USAGE ON SCHEMA num TO :app;
  CREATE TABLE num.accounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
  CREATE TABLE num.projects (account_id bigint NOT NULL REFERENCES num.accounts, id bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (account_id, id));
  CREATE TABLE num.tasks (account_id bigint NOT NULL, project_id bigint NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, project_id) REFERENCES num.projects ON DELETE RESTRICT);
  INSERT INTO num.accounts (name) SELECT 'account ' || i FROM generate_series(1, 3) i;
  INSERT INTO num.projects (account_id) SELECT id FROM num.accounts;
  INSERT INTO num.tasks (account_id, project_id) SELECT account_id, id FROM num.projects;
  ${['projects', 'tasks']
    .map(
      (table) => `ALTER TABLE num.${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY iso ON num.${table} USING (account_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::bigint));
        GRANT SELECT, INSERT, UPDATE, DELETE ON num.${table} TO :app;`,
    )
    .join('\n')}`;

const NUMBERED_TENANCY: Partial<TenancyConfig> = {
  schemas: ['num'],
  root: { schema: 'num', name: 'accounts' },
  columns: ['account_id'],
};

const SHAPES: [name: string, sql: string, tenancy: Partial<TenancyConfig>, table: string][] = [
  ['quoted names, text keys, the context by SQL', ODD, ODD_TENANCY, '"Shop Data"."Order"'],
  ['numbers as keys, tenants that exist', NUMBERED, NUMBERED_TENANCY, 'num.tasks'],
];

describe.each(SHAPES)('%s', (_, sql, tenancy, table) => {
  const name = table.split('.').at(-1)?.replaceAll('"', '') ?? '';
  const open = async () => {
    const shop = await openShop();
    await shop.plant(`DROP TABLE kids, parents, tenants, countries; ${sql}`);
    return { plant: shop.plant, probe: () => shop.probe({ shared: [], ...tenancy }) };
  };

  it('is isolated', async () => {
    const shop = await open();
    const { verdicts, found, result } = await shop.probe();
    expect({ verdicts, found }).toEqual({ verdicts: {}, found: [] });
    expect(result.relations.flatMap(({ proofs }) => proofs).length).toBeGreaterThan(60);
  });

  it.each([
    ['row security off', `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`, 'select'],
    ['a second policy', `CREATE POLICY p ON ${table} FOR SELECT USING (true)`, 'select'],
    ['WITH CHECK (true)', `ALTER POLICY iso ON ${table} WITH CHECK (true)`, 'insert'],
    ['DELETE open behind SELECT', `CREATE POLICY p ON ${table} FOR DELETE USING (true)`, 'delete'],
    ['UPDATE open behind SELECT', `CREATE POLICY p ON ${table} FOR UPDATE USING (true)`, 'update'],
  ])('%s is seen', async (_fault, fault, crossing) => {
    const shop = await open();
    await shop.plant(fault);
    const { verdicts, found } = await shop.probe();
    expect(verdicts).toEqual({ [name]: 'leaking' });
    expect(found).toContain(`probe-${crossing}-crosses ${name}`);
  });
});
