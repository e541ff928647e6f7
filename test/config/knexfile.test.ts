import { describe, expect, it } from 'vitest';
import { fromKnexfile } from '../../src/config/knexfile.js';
import { configSchema } from '../../src/config/schema.js';

const PATH = '/project/db/knexfile.ts';

async function read(
  content: unknown,
  where: { env?: Record<string, string>; knexEnvironment?: string } = {},
) {
  const found = await fromKnexfile(content, PATH, { cwd: '/', env: {}, ...where });
  return configSchema.parse(found);
}

describe('a knexfile', () => {
  it('is read with its directories, tables and connection string; paths start at the file', async () => {
    const knexfile = {
      client: 'pg',
      connection: 'postgres://u:p@h/d',
      migrations: { directory: ['./a', '/b'], tableName: 'ledger', schemaName: 'ops' },
      seeds: { directory: 'seeds/dev' },
    };
    expect(await read(knexfile)).toEqual({
      connection: { url: 'postgres://u:p@h/d' },
      migrations: { directory: ['/project/db/a', '/b'], tableName: 'ledger', schemaName: 'ops' },
      seeds: { directory: ['/project/db/seeds/dev'] },
    });
  });

  it("has knex's own defaults", async () => {
    expect(await read({ client: 'postgresql' })).toEqual({
      migrations: { directory: ['/project/db/migrations'] },
      seeds: { directory: ['/project/db/seeds'] },
    });
  });

  it.each([
    [{ host: 'h', port: 6543, user: 'u', password: 'p@ss', database: 'd' }, 'postgres://u:p%40ss@h:6543/d'],
    [{ host: '/var/run', database: 'd' }, 'postgres://%2Fvar%2Frun/d'],
    [{ host: 'h', database: 'd', options: '-c role=x' }, 'postgres://h/d?options=-c%20role%3Dx'],
    [{ connectionString: 'postgres://x/y', host: 'ignored' }, 'postgres://x/y'],
    [() => ({ host: 'late', database: 'd' }), 'postgres://late/d'],
    [{ host: 'h', user: 'u', password: async () => 't/k', database: 'd' }, 'postgres://u:t%2Fk@h/d'],
    [{ host: 'h', user: 'u', password: () => 'tk', database: 'd' }, 'postgres://u:tk@h/d'],
    [async () => 'postgres://later/d', 'postgres://later/d'],
  ])('connection %j', async (connection, url) => {
    expect((await read({ client: 'pg', connection })).connection).toEqual({ url });
  });

  it.each([
    [true, { mode: 'verify-full', rootCert: 'system' }],
    [{ rejectUnauthorized: false }, { mode: 'require' }],
    [{ ca: 'PEM' }, { mode: 'verify-full', rootCert: 'PEM' }],
    [
      { ca: [Buffer.from('A'), 'B'], cert: 'C', key: 'K' },
      { mode: 'verify-full', rootCert: 'A\nB', cert: 'C', key: 'K' },
    ],
    [false, undefined],
  ])('ssl %j', async (ssl, expected) => {
    const config = await read({ client: 'pg', connection: { host: 'h', database: 'd', ssl } });
    expect(config.connection?.ssl).toEqual(expected);
  });

  it('holds environments: --env, then NODE_ENV, then development', async () => {
    const url = (name: string) => ({ client: 'pg', connection: `postgres://${name}/d` });
    const content = { development: url('dev'), staging: url('stg'), production: url('prd') };
    const host = async (where: Parameters<typeof read>[1]) => (await read(content, where)).connection?.url;
    expect(await host({})).toBe('postgres://dev/d');
    expect(await host({ env: { NODE_ENV: 'staging' } })).toBe('postgres://stg/d');
    expect(await host({ env: { NODE_ENV: '' } })).toBe(await host({}));
    expect(await host({ env: { NODE_ENV: 'staging' }, knexEnvironment: 'production' })).toBe(
      'postgres://prd/d',
    );
    await expect(host({ knexEnvironment: 'test' })).rejects.toMatchObject({
      kind: 'usage',
      message: `Cannot use the knexfile ${PATH}: it has no environment "test"; it has development, staging, production.`,
    });
  });

  it('names its functions that fail, and asks for no password where another database is named', async () => {
    const down = async () => {
      throw new Error('the vault is down');
    };
    const connection = { host: 'h', user: 'u', password: down, database: 'd' };
    for (const [content, what] of [
      [down, 'it'],
      [{ client: 'pg', connection: down }, 'its connection'],
      [{ client: 'pg', connection }, "its connection's password"],
    ] as const) {
      await expect(read(content)).rejects.toMatchObject({
        ...{ kind: 'usage', code: 'KNEXFILE_THROWS' },
        message: `Cannot use the knexfile ${PATH}: ${what} is a function, which fails: the vault is down.`,
      });
    }
    const env = { DATABASE_URL: 'postgres://elsewhere/d' };
    expect((await read({ client: 'pg', connection }, { env })).connection).toEqual({
      url: 'postgres://u@h/d',
    });
  });

  it('may be a function', async () => {
    expect((await read(async () => ({ client: 'pg', connection: 'postgres://f/d' }))).connection?.url).toBe(
      'postgres://f/d',
    );
  });

  it.each([
    ['app', ['app']],
    [
      ['app', 'public'],
      ['app', 'public'],
    ],
  ])('searchPath %j', async (searchPath, expected) => {
    const found = await fromKnexfile({ client: 'pg', searchPath }, PATH, { cwd: '/', env: {} });
    expect(found.searchPath).toEqual(expected);
  });

  it.each([
    [{ wrapIdentifier: () => '' }, 'wrapIdentifier'],
    [{ pool: { afterCreate: () => {} } }, 'pool.afterCreate'],
    [
      { migrations: { migrationSource: {}, disableTransactions: true } },
      'migrations.migrationSource, migrations.disableTransactions',
    ],
  ])('under which the same migrations would do something else is refused: %j', async (settings, names) => {
    await expect(read({ client: 'pg', ...settings })).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'KNEXFILE_SETTING' },
      message: expect.stringContaining(`it sets ${names}, which`),
    });
  });

  it('of another database is refused', async () => {
    await expect(read({ client: 'mysql2' })).rejects.toMatchObject({
      kind: 'usage',
      code: 'KNEXFILE_CLIENT',
    });
  });
});
