import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigInputs } from '../../src/config/inputs.js';
import { loadConfig } from '../../src/config/load.js';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'load-config-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const load = (inputs: Partial<ConfigInputs> = {}) => loadConfig({ cwd, env: {}, ...inputs });

async function write(name: string, content: string): Promise<string> {
  const file = path.join(cwd, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

/** A configuration with this tenancy, as JSON. */
const tenancy = (part: object) =>
  JSON.stringify({ tenancy: { root: 'orgs', column: 'org_id', context: { setting: 'app.org' }, ...part } });

describe('the configuration is found', () => {
  it.each([
    [
      'ts',
      "import { defineConfig } from 'tenantctl';\nexport default defineConfig({ seeds: { directory: 's' as string } });",
    ],
    ['mts', "export default { seeds: { directory: 's' satisfies string } };"],
    ['js', "module.exports = { seeds: { directory: 's' } };"],
    [
      'mjs',
      "import { defineConfig } from 'tenantctl'; export default defineConfig({ seeds: { directory: 's' } });",
    ],
    ['cjs', "module.exports = { seeds: { directory: 's' } };"],
    ['json', '{ "seeds": { "directory": "s" } }'],
  ])('as .%s', async (extension, content) => {
    const file = await write(`tenantctl.config.${extension}`, content);
    const { config } = await load();
    expect(config).toMatchObject({
      path: file,
      directory: cwd,
      seeds: { directories: [path.join(cwd, 's')] },
    });
  });

  it('from the working directory upwards, or where --config says; paths start at the file', async () => {
    await write('tenantctl.config.json', '{ "migrations": { "directory": ["one", "/two"] } }');
    const other = await write('other/mine.json', '{}');
    const below = path.join(cwd, 'a/b');
    await mkdir(below, { recursive: true });
    expect((await load({ cwd: below })).config.migrations.directories).toEqual([
      path.join(cwd, 'one'),
      '/two',
    ]);
    const { config } = await load({ cwd: below, configPath: '../../other/mine.json' });
    expect(config.path).toBe(other);
    expect(config.migrations.directories).toEqual([path.join(cwd, 'other/migrations')]);
  });

  it('or there is none, and the defaults start at the working directory', async () => {
    expect((await load()).config).toEqual({
      path: undefined,
      directory: cwd,
      migrations: {
        directories: [path.join(cwd, 'migrations')],
        tableName: 'knex_migrations',
        schemaName: undefined,
      },
      seeds: { directories: [path.join(cwd, 'seeds')] },
      tenancy: undefined,
    });
  });

  it('as a knexfile', async () => {
    await write(
      'knexfile.cjs',
      "module.exports = { client: 'pg', connection: { host: 'h', database: 'd' } };",
    );
    const loaded = await load({ knexfile: 'knexfile.cjs' });
    expect(await loaded.chooseConnection()).toMatchObject({ settings: { host: 'h', database: 'd' } });
  });
});

describe('names in the tenancy', () => {
  it('are literal; an unqualified one means the first schema', async () => {
    await write(
      'tenantctl.config.json',
      tenancy({
        schemas: ['Shop', 'public'],
        root: 'Tenants',
        column: ['tenant_id', 'org_id'],
        columns: { 'public.old': 'tenant' },
        shared: { '"odd.schema".codes': 'reference data' },
        checks: 'checks',
        probe: { fixtures: { orders: 'insert …' } },
      }),
    );
    expect((await load()).config.tenancy).toMatchObject({
      root: { schema: 'Shop', name: 'Tenants' },
      columns: ['tenant_id', 'org_id'],
      columnOverrides: [{ relation: { schema: 'public', name: 'old' }, column: 'tenant' }],
      shared: [{ relation: { schema: 'odd.schema', name: 'codes' }, reason: 'reference data' }],
      checksDirectory: path.join(cwd, 'checks'),
      fixtures: [{ relation: { schema: 'Shop', name: 'orders' }, statements: ['insert …'] }],
      isolation: 'rls',
      appRole: undefined,
    });
  });

  it('that cannot be read are named', async () => {
    await write('tenantctl.config.json', tenancy({ shared: { 'a.b.c': 'why' } }));
    await expect(load()).rejects.toMatchObject({
      kind: 'usage',
      code: 'BAD_NAME',
      message: 'Cannot read tenancy.shared: expected "table" or "schema.table"; received "a.b.c".',
    });
  });
});

describe('a configuration that cannot be used', () => {
  it.each([
    ['an unknown key', '{ "migration": {} }', 'migration: unknown key'],
    [
      'an unknown key deep down',
      '{ "connection": { "ssl": { "ca": "x" } } }',
      'connection.ssl.ca: unknown key',
    ],
    ['an unknown tenancy key', tenancy({ approle: 'x' }), 'tenancy.approle: unknown key'],
    [
      'a wrong type',
      '{ "seeds": { "directory": 1 } }',
      'seeds.directory: Invalid input: expected string, received number',
    ],
    ['a wrong root', tenancy({ root: 7 }), 'tenancy.root: Invalid input: expected string, received number'],
    ['a missing key', tenancy({ root: undefined }), 'tenancy.root: it is missing: expected string'],
    [
      'a setting without a dot',
      tenancy({ context: { setting: 'org' } }),
      'tenancy.context.setting: expected a name with a dot',
    ],
    ['a misspelt context', tenancy({ context: { seting: 'a.b' } }), 'seting: unknown key; or sql: '],
    ['an unknown mode', '{ "connection": { "ssl": { "mode": "on" } } }', 'connection.ssl.mode: '],
    [
      'a waiver without a reason',
      tenancy({ waivers: [{ key: 'k', reason: '' }] }),
      'a waiver needs a reason',
    ],
    ['not an object', '"x"', 'Invalid input: expected object, received string'],
  ])('%s', async (_, content, issue) => {
    const file = await write('tenantctl.config.json', content);
    await expect(load()).rejects.toMatchObject({
      kind: 'usage',
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`^Cannot use the configuration ${file}:\n`)),
      hint: expect.stringContaining('README'),
    });
    await expect(load()).rejects.toThrow(issue);
  });

  it('JSON that is none is not quoted: what is around the fault may be a password', async () => {
    const file = await write('tenantctl.config.json', '{ "connection": { "url": "s3cret" "x": 1 } }');
    const refused = load();
    await expect(refused).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'CONFIG_THROWS', cause: undefined },
      message: `Cannot evaluate the configuration ${file}: it is not valid JSON.`,
    });
    await write('tenantctl.config.json', '\uFEFF{ "seeds": { "directory": "/x" } }');
    expect((await load()).config.seeds.directories).toEqual(['/x']);
  });

  it("a ledger's name beside which its lock's would be cut off", async () => {
    const named = (tableName: string) =>
      write('tenantctl.config.json', JSON.stringify({ migrations: { tableName } }));
    await named('l'.repeat(58));
    await expect(load()).resolves.toMatchObject({ config: { migrations: { tableName: 'l'.repeat(58) } } });
    await named('l'.repeat(59));
    await expect(load()).rejects.toMatchObject({ kind: 'usage', code: 'LEDGER_NAME' });
  });

  it('every fault is named at once', async () => {
    await write('tenantctl.config.json', '{ "seed": {}, "migrations": { "directory": [], "table": 1 } }');
    await expect(load()).rejects.toThrow(
      /migrations\.directory: .*migrations\.table: unknown key.*seed: unknown key/s,
    );
  });

  it('missing', async () => {
    await expect(load({ configPath: 'nope.ts' })).rejects.toMatchObject({
      kind: 'usage',
      code: 'CONFIG_MISSING',
      message: `Cannot read the configuration ${path.join(cwd, 'nope.ts')}: there is no such file, or it may not be read.`,
      hint: expect.stringContaining('tenantctl init'),
    });
  });

  it('missing, as a knexfile', async () => {
    await expect(load({ knexfile: 'nope.js' })).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'CONFIG_MISSING' },
      message: expect.stringContaining('Cannot read the knexfile'),
      hint: expect.stringContaining('--knexfile names another'),
    });
  });

  it.each([
    ['that throws', 'x.mjs', "throw new Error('no DB_NAME');", 'no DB_NAME'],
    ['that throws no error', 'x.mjs', "throw 'plain text';", 'plain text'],
    ['with a syntax error', 'x.ts', 'export default {', 'x.ts'],
    ['with a missing import', 'x.ts', "import './gone.js'; export default {};", 'gone.js'],
    ['that is no JSON', 'x.json', '{ "a": }', 'JSON'],
  ])('%s', async (_, name, content, cause) => {
    const file = await write(name, content);
    await expect(load({ configPath: name })).rejects.toMatchObject({
      kind: 'usage',
      code: 'CONFIG_THROWS',
      message: expect.stringMatching(
        new RegExp(`^Cannot evaluate the configuration ${file}: .*${cause}`, 's'),
      ),
    });
  });
});
