import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { Proposal } from '../../src/init/propose.js';
import { configSource } from '../../src/init/source.js';

const FACTS = { embedded: false, checks: false };

const proposal = (part: Partial<Proposal> = {}): Proposal => ({
  schemas: ['public'],
  root: { value: { schema: 'public', name: 'tenants' }, because: 'keys' },
  column: { value: 'tenant_id', because: 'columns' },
  setting: { value: 'app.tenant_id', because: 'policies' },
  claim: undefined,
  appRole: { value: 'app', because: 'grants' },
  appGroup: undefined,
  unassigned: [],
  rowSecurity: undefined,
  ...part,
});

/** What tenantctl reads out of a text that it wrote. */
async function load(text: string) {
  const cwd = await mkdtemp(path.join(tmpdir(), 'init-'));
  try {
    await writeFile(path.join(cwd, 'tenantctl.config.ts'), text);
    return (await loadConfig({ cwd, env: {} })).config;
  } finally {
    await rm(cwd, { recursive: true });
  }
}

it('writes what it saw, with its reasons', () => {
  expect(
    configSource(
      proposal({
        appGroup: { value: 'app_access', because: 'more grants' },
        unassigned: [{ schema: 'public', name: 'roles' }],
        rowSecurity: 'Row level security is off on 1 of 3 tables: tenants.',
      }),
      { embedded: true, checks: true },
    ),
  ).toBe(`import { defineConfig } from 'tenantctl';

// Concluded from the database by \`tenantctl init\`: check each line.
export default defineConfig({
  // The database is the one that --database-url, DATABASE_URL, DATABASE_URL_FILE or PGHOST … name;
  // without any of them, { embedded: true } is a PostgreSQL of its own in .tenantctl/.
  connection: { embedded: true },
  migrations: { directory: 'migrations' },
  seeds: { directory: 'seeds' },
  // Row level security is off on 1 of 3 tables: tenants.
  tenancy: {
    schemas: ['public'],
    // keys.
    root: 'tenants',
    // columns.
    column: 'tenant_id',
    // policies.
    context: { setting: 'app.tenant_id' },
    // grants.
    appRole: 'app',
    // more grants.
    appGroup: 'app_access',
    // Nothing ties these to a tenant: give them the column, or say why every tenant may read them.
    // shared: {
    //   'roles': 'why every tenant may read it',
    // },
    checks: 'checks',
  },
});
`);
});

it('writes a configuration that loads, with or without a database', async () => {
  expect((await load(configSource(undefined, FACTS))).tenancy).toBeUndefined();
  expect((await load(configSource(proposal(), FACTS))).tenancy).toMatchObject({
    root: { schema: 'public', name: 'tenants' },
    appRole: 'app',
    shared: [],
  });
});

it('writes names that are read back as they are, whatever they hold', async () => {
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(name, name, name, async (schema, table, text) => {
      const { tenancy } = await load(
        configSource(
          proposal({
            schemas: [schema],
            root: { value: { schema, name: table }, because: text },
            column: { value: text, because: text },
            appRole: { value: text, because: `*/ ${text} \n throw new Error()` },
            unassigned: [{ schema: text, name: table }],
          }),
          FACTS,
        ),
      );
      expect(tenancy).toMatchObject({
        schemas: [schema],
        root: { schema, name: table },
        columns: [text],
        appRole: text,
      });
    }),
    { numRuns: 50 },
  );
});

it('puts the key into claims, which are JSON', async () => {
  const setting = { value: 'request.jwt.claims', because: 'policies' };
  const config = await load(configSource(proposal({ setting, claim: "it's" }), FACTS));
  expect(config.tenancy?.context).toEqual({
    sql: ["select set_config('request.jwt.claims', json_build_object('it''s', $1::text)::text, true)"],
  });
});
