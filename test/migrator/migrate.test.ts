import { describe, expect, it } from 'vitest';
import { quoteIdent } from '../../src/identifiers.js';
import { migrate } from '../../src/migrator/migrate.js';
import { databaseAt } from '../support/connect.js';
import { createLogin } from '../support/database.js';
import { failure, outside, project, table } from './fixture.js';

const tables = async (db: { query(sql: string): Promise<unknown[]> }) =>
  (await db.query(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
        and relname not like 'knex%' order by 1`,
  )) as { name: string }[];

describe('migrate', () => {
  it('applies .ts, .js, .mjs, .cjs and .sql in the order of their names, as one batch', async () => {
    const p = await project({
      '1_a.ts': `import type { Knex } from 'knex';
        export async function up(knex: Knex): Promise<void> { await knex.schema.createTable('a', (t) => { t.increments(); }); }`,
      '2_b.js': table('b'),
      '3_c.cjs': `exports.up = (knex) => knex.schema.createTable('c', (t) => { t.increments(); });`,
      '4_d.mjs': table('d'),
      '5_e.sql': `-- migrate:up\ncreate table e ();\ninsert into d values (default);\n-- migrate:down\ndrop table e;\n`,
    });
    const result = await p.migrate();
    const files = ['1_a.ts', '2_b.js', '3_c.cjs', '4_d.mjs', '5_e.sql'];
    expect(result).toMatchObject({ dryRun: false, before: 0, pending: [] });
    expect(result.planned).toEqual(files.map((name) => ({ name, transaction: true })));
    expect(result.applied).toEqual(files.map((name) => ({ name, batch: 1, durationMs: expect.any(Number) })));
    expect(await p.ledger()).toEqual(files);
    expect((await tables(p.db)).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('has nothing to do the second time, and then only what is new', async () => {
    const p = await project({ '1_a.ts': table('a') });
    await p.migrate();
    expect(await p.migrate()).toMatchObject({ before: 1, planned: [], applied: [], pending: [] });
    await p.write({ '2_b.ts': table('b'), '3_c.ts': table('c') });
    const { applied } = await p.migrate();
    expect(applied.map(({ name, batch }) => [name, batch])).toEqual([
      ['2_b.ts', 2],
      ['3_c.ts', 2],
    ]);
  });

  it('knows a migration again under another extension', async () => {
    const p = await project({ '1_a.ts': table('a') });
    await p.migrate();
    await p.remove('1_a.ts');
    await p.write({ '1_a.js': table('a') });
    expect(await p.migrate()).toMatchObject({ before: 1, planned: [] });
  });

  it('--to stops after the one named', async () => {
    const p = await project({ '1_a.ts': table('a'), '2_b.ts': table('b'), '3_c.ts': table('c') });
    expect(await p.migrate({ to: '2_b' })).toMatchObject({
      planned: [{ name: '1_a.ts' }, { name: '2_b.ts' }],
      pending: ['3_c.ts'],
    });
    expect(await p.ledger()).toEqual(['1_a.ts', '2_b.ts']);
    expect(await p.migrate({ to: '1_a.ts' })).toMatchObject({ before: 2, planned: [], pending: ['3_c.ts'] });
    expect(await failure(p.migrate({ to: '4_d' }))).toMatchObject({ kind: 'usage', code: 'UNKNOWN_NAME' });
  });

  it('a dry run says what would run and changes nothing at all, bookkeeping tables included', async () => {
    const p = await project({ '1_a.ts': table('a'), '2_b.ts': outside(['select 1']) });
    expect(await p.migrate({ dryRun: true })).toMatchObject({
      dryRun: true,
      before: 0,
      planned: [
        { name: '1_a.ts', transaction: true },
        { name: '2_b.ts', transaction: false },
      ],
      applied: [],
      pending: ['1_a.ts', '2_b.ts'],
    });
    const made = await p.db.query(
      `select from pg_class where relnamespace not in ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace,
         'information_schema'::regnamespace) union all select from pg_namespace where nspname = 'tenantctl'`,
    );
    expect(made).toEqual([]);
  });

  it('creates no table where there is nothing to apply', async () => {
    const p = await project({});
    await p.migrate();
    expect(await p.db.query("select to_regclass('knex_migrations') as ledger")).toEqual([{ ledger: null }]);
  });

  it('logs checksum, duration, role, host and version of each', async () => {
    const p = await project({ '1_a.ts': table('a') });
    await p.migrate();
    const [row] = await p.db.query('select * from tenantctl.migration_log');
    expect(row).toMatchObject({
      ...{ ledger: '"public"."knex_migrations"', name: '1_a', file: '1_a.ts', state: 'applied', batch: 1 },
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      duration_ms: expect.any(Number),
      host: expect.stringMatching(/./),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  it("one file's settings, search_path and role above all, do not reach the next nor the record", async () => {
    const p = await project({ '2_after.sql': '-- migrate:up\ncreate table after_dump ();' });
    const { role } = await createLogin(p.db, 'nobody');
    await p.write({
      '1_dump.sql': `-- migrate:up
        select pg_catalog.set_config('search_path', '', false);
        set role "${role}";`,
    });
    await p.migrate();
    expect((await tables(p.db)).map(({ name }) => name)).toEqual(['after_dump']);
  });

  it("one file's isolation level is not the next one's, whose transaction begins with its commit", async () => {
    const shown = (table: string) =>
      `create table ${table} as select current_setting('transaction_isolation') as level;`;
    const p = await project({
      '1_a.sql': `-- migrate:up\nset transaction isolation level serializable;\n${shown('a')}`,
      '2_b.sql': `-- migrate:up\n${shown('b')}`,
      '3_c.ts': `export const up = (knex) => knex.raw("${shown('c')}");`,
    });
    await p.migrate();
    expect(
      await p.db.query('select level from a union all select level from b union all select level from c'),
    ).toEqual([{ level: 'serializable' }, { level: 'read committed' }, { level: 'read committed' }]);
  });

  it('records many files, also where one has the session forget what it had prepared', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `${String(at + 1).padStart(2, '0')}_x.sql`);
    const forgetful = ['03_x.sql', '12_x.sql'];
    const text = (name: string) => (forgetful.includes(name) ? 'deallocate all' : 'select 1');
    const p = await project(Object.fromEntries(names.map((name) => [name, `-- migrate:up\n${text(name)};`])));
    const { applied } = await p.migrate();
    expect(applied.map(({ name }) => name)).toEqual(names);
    expect(await p.ledger()).toEqual(names);
    expect(
      await p.db.query(
        `select count(*)::int as files, bool_and(l.row_id = k.id and l.statements = 1 and l.state = 'applied'
                  and l.started_at <= k.migration_time and l.duration_ms >= 0) as right
           from tenantctl.migration_log l join knex_migrations k on k.name = l.file`,
      ),
    ).toEqual([{ files: 12, right: true }]);
  });

  it('logs of a file how long it took, with constraints that were checked at its end', async () => {
    const p = await project({
      '1_a.sql': `-- migrate:up
        create table a (n int);
        create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.3); return null; end $$;
        create constraint trigger slow after insert on a deferrable initially deferred
          for each row execute function slow();
        insert into a values (1);`,
    });
    const { applied } = await p.migrate();
    expect(applied[0]?.durationMs).toBeGreaterThanOrEqual(300);
    const [row] = await p.db.query<{ ms: number; began: boolean }>(
      `select duration_ms as ms, started_at < clock_timestamp() - interval '300 ms' as began
         from tenantctl.migration_log`,
    );
    expect(row?.ms).toBeGreaterThanOrEqual(300);
    expect(row?.began).toBe(true);
  });

  it('runs a file that asks for it outside a transaction, with its settings on one connection', async () => {
    const p = await project({
      '1_t.ts': table('t'),
      '2_i.ts': outside(["set lock_timeout = '9s'", 'create index concurrently t_i on t (id)']),
      '3_j.sql': `-- migrate:up transaction:false
        create index concurrently t_j on t (id);
        create table settings as select current_setting('lock_timeout') as lock_timeout;`,
    });
    await p.migrate();
    // 3's own: what 2 has set is gone.
    expect(await p.db.query('select * from settings')).toEqual([{ lock_timeout: '1s' }]);
    expect(
      await p.db.query(
        `select from pg_index where indexrelid in ('t_i'::regclass, 't_j'::regclass) and indisvalid`,
      ),
    ).toHaveLength(2);
  });

  it('tells of its progress file by file', async () => {
    const p = await project({ '1_a.ts': table('a'), '2_b.ts': table('b') });
    await p.migrate();
    expect(p.events.filter(({ kind }) => kind === 'progress')).toEqual([
      { kind: 'progress', task: '1_a.ts', done: 0, total: 2, unit: 'migrations' },
      { kind: 'progress', task: '2_b.ts', done: 1, total: 2, unit: 'migrations' },
      { kind: 'progress', task: 'done', done: 2, total: 2, unit: 'migrations' },
    ]);
  });
});

describe('migrate refuses, before anything runs,', () => {
  it('a history whose files are not all there', async () => {
    const p = await project({ '1_a.ts': table('a'), '2_b.ts': table('b') });
    await p.migrate();
    await p.remove('1_a.ts');
    await p.write({ '3_c.ts': table('c') });
    for (const dryRun of [true, false]) {
      const error = await failure(p.migrate({ dryRun }));
      expect(error).toMatchObject({ kind: 'gate', code: 'MIGRATIONS_MISSING' });
      expect(error.message).toMatch(/1_a\.ts \(batch 1, \d{4}-/);
      expect(error.message).toContain(p.directory);
    }
    expect(await p.ledger()).toEqual(['1_a.ts', '2_b.ts']);
  });

  it.each([
    ['2_x.ts', 'export const down = () => {};', 'NO_UP'],
    ['2_x.ts', "throw new Error('at load')", 'FILE_THROWS'],
    ['2_x.ts', 'export const up = (', 'FILE_THROWS'],
    ['2_x.sql', '-- migrate:up\n-- nothing yet\n', 'NO_UP'],
    ['2_x.sql', '-- migrate:up\nselec 1', 'SQL_SYNTAX'],
    ['2_x.sql', '-- migrate:up\nbegin; select 1; commit;', 'TRANSACTION_CONTROL'],
    ['2_x.sql', '-- migrate:up\ncopy a from stdin;', 'COPY_FROM_STDIN'],
    ['2_x.sql', '-- migrate:up\ncreate table x ();\n\0\ncreate table y ();', 'SQL_ENCODING'],
  ])('%s with %j', async (file, text, code) => {
    const p = await project({ '1_a.ts': table('a'), [file]: text });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'usage', code });
    expect(error.message).toContain(file);
    expect(await p.db.query("select to_regclass('a') as a")).toEqual([{ a: null }]);
  });

  it('a ledger schema that does not exist', async () => {
    const p = await project({ '1_a.ts': table('a') }, { schemaName: 'ops' });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({
      kind: 'usage',
      code: 'NO_LEDGER_SCHEMA',
      hint: expect.stringContaining('"ops"'),
    });
  });

  it('to begin a ledger anew where the search_path has come to begin with another schema', async () => {
    const p = await project({
      '1_app.sql': '-- migrate:up\ncreate schema if not exists app;',
      '2_n.sql': '-- migrate:up\ncreate table if not exists public.n (); insert into n default values;',
    });
    await p.migrate();
    await p.db.query(`alter database ${quoteIdent(p.db.name)} set search_path = app, public`);
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'usage', code: 'LEDGER_ELSEWHERE' });
    expect(error.message).toContain('"public"."knex_migrations", further on in it, records 2 of these files');
    expect(await failure(p.status())).toMatchObject({ code: 'LEDGER_ELSEWHERE' });
    expect(await p.db.query('select from n')).toHaveLength(1);
    // Of one schema for each customer, each has its own ledger, and `public` that of what they share.
    await p.db.query("update knex_migrations set name = 'shared_' || name");
    expect(await p.migrate()).toMatchObject({ before: 0, planned: [{ name: '1_app.sql' }, {}] });
  });

  it('a role that may not create its bookkeeping, leaving nothing', async () => {
    const p = await project({ '1_a.ts': table('a') });
    const { role, url } = await createLogin(p.db, 'no_schema');
    await p.db.query(`grant create on schema public to "${role}"`);
    const migrations = { directories: [p.directory], tableName: 'knex_migrations', schemaName: undefined };
    const refused = migrate(await databaseAt(url), { migrations, lockWaitMs: 0, onEvent: () => {} });
    expect(await failure(refused)).toMatchObject({ kind: 'privilege', code: 'BOOKKEEPING_DENIED' });
    expect(await p.db.query("select to_regclass('knex_migrations') as ledger")).toEqual([{ ledger: null }]);
  });

  it('a role that may not create the ledger, saying in which schema', async () => {
    const p = await project({ '1_a.ts': table('a') });
    const { role, url } = await createLogin(p.db, 'no_ledger');
    await p.db.query(`grant create on database ${quoteIdent(p.db.name)} to "${role}"`);
    const migrations = { directories: [p.directory], tableName: 'knex_migrations', schemaName: undefined };
    const refused = failure(migrate(await databaseAt(url), { migrations, lockWaitMs: 0, onEvent: () => {} }));
    expect(await refused).toMatchObject({
      ...{ kind: 'privilege', code: 'BOOKKEEPING_DENIED' },
      message: expect.stringMatching(/^Cannot keep records in schema public: /),
      hint: expect.stringContaining('GRANT CREATE ON SCHEMA "public"'),
    });
  });

  it("knex's lock, set by its CLI or left by it", async () => {
    const p = await project({ '1_a.ts': table('a') });
    await p.migrate();
    await p.db.query('update knex_migrations_lock set is_locked = 1');
    expect(await p.migrate()).toMatchObject({ planned: [] });
    await p.write({ '2_b.ts': table('b') });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'retry', code: 'KNEX_LOCKED' });
    expect(error.message).toContain('"public"."knex_migrations_lock"');
    expect(await p.ledger()).toEqual(['1_a.ts']);
  });
});
