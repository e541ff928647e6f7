import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import knex from 'knex';
import { expect, it } from 'vitest';
import { finished } from '../support/cli.js';
import { checkout, documentOf, untilRunning } from './fixture.js';

const table = (name: string) =>
  `-- migrate:up\ncreate table ${name} ();\n-- migrate:down\ndrop table ${name};\n`;
const files = { 'migrations/1_a.sql': table('a'), 'migrations/2_b.sql': table('b') };

it('applies, and tells on stdout what', async () => {
  const c = await checkout(files);
  const { exitCode, stdout, stderr } = await c.run('migrate');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^Applied 2 migrations in \S+ at \S+ \(from DATABASE_URL\), batch 1:\n migration +took\n 1_a\.sql +\d+ ms\n 2_b\.sql +\d+ ms\n$/,
  );
  expect(stderr).toBe('');
  const again = await c.run('migrate');
  expect(again).toMatchObject({
    exitCode: 0,
    stderr: '',
    stdout: expect.stringMatching(/^Nothing to migrate in .*: 2 applied\.\n$/),
  });
});

it('--json is one document', async () => {
  const c = await checkout(files);
  const result = await c.run('migrate', '--to', '1_a', '--json');
  expect(documentOf(result)).toMatchObject({
    ...{ version: 1, command: 'migrate', target: { database: c.db.name, source: 'DATABASE_URL' } },
    ...{ dryRun: false, before: 0, applied: [{ name: '1_a.sql', batch: 1 }], pending: ['2_b.sql'] },
  });
});

it("works in the schemas that the knexfile sets as search_path, where knex's CLI has worked", async () => {
  const c = await checkout({
    'migrations/1_a.js':
      "exports.up = (knex) => knex.schema.createTable('a', () => {}); exports.down = () => {};",
    'knexfile.cjs': "module.exports = { client: 'pg', searchPath: ['my \\\\ app', 'public'] };",
  });
  await c.db.query('create schema "my \\ app"');
  expect(await c.run('migrate', '--knexfile', 'knexfile.cjs')).toMatchObject({ exitCode: 0 });
  const db = knex({ client: 'pg', connection: c.db.url, searchPath: ['my \\ app', 'public'] });
  const directory = path.join(c.directory, 'migrations');
  expect(await db.migrate.latest({ directory }).finally(() => db.destroy())).toEqual([1, []]);
});

it('tells its progress as NDJSON to a log collector', async () => {
  const c = await checkout(files);
  const { stderr } = await c.run('migrate', '--log-format', 'json');
  const events = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events).toMatchObject([
    { kind: 'progress', task: '1_a.sql', done: 0, total: 2, time: expect.stringMatching(/Z$/) },
    { kind: 'progress', task: '2_b.sql', done: 1, total: 2 },
    { kind: 'progress', done: 2, total: 2 },
  ]);
});

it('--dry-run executes, shows statements and locks, and leaves nothing', async () => {
  const c = await checkout({ ...files, 'migrations/0_o.sql': table('orders') });
  await c.apply('0_o');
  await c.write({
    'migrations/2_b.sql':
      '-- migrate:up\nalter table orders\n  add column paid boolean not null default false;',
    'migrations/3_i.sql': '-- migrate:up transaction:false\ncreate index concurrently on orders (paid);',
  });
  const { exitCode, stdout } = await c.run('migrate', '--dry-run');
  expect(exitCode).toBe(0);
  expect(stdout.replaceAll(/[\d.]+ ms/g, 'N ms').replaceAll(/ +$/gm, '')).toMatch(
    new RegExp(
      [
        '^Executed 2 of 3 pending in \\S+ at \\S+ \\(from DATABASE_URL\\), and rolled all of it back\\.',
        '',
        '1_a\\.sql, N ms',
        ' took +statement, and what it locked',
        ' N ms +create table a \\(\\)',
        '',
        '2_b\\.sql, N ms',
        ' took +statement, and what it locked',
        ' N ms +alter table orders add column paid boolean not null default false',
        '   +ACCESS EXCLUSIVE on orders \\(0 bytes, never analysed\\)',
        '',
        'Not executed',
        ' migration +why',
        ' 3_i\\.sql +runs outside a transaction',
        '$',
      ].join('\\n'),
    ),
  );
  expect(
    stdout
      .split('\n')
      .slice(1)
      .every((line) => line.length <= 80),
  ).toBe(true);
  expect(await c.db.query('select from knex_migrations')).toHaveLength(1);
  const document = documentOf(await c.run('migrate', '--dry-run', '--json'));
  expect(document).toMatchObject({
    rehearsed: [
      { name: '1_a.sql', statements: [{ statement: 'create table a ()', locks: [] }] },
      { statements: [{ locks: [{ relation: 'orders', mode: 'ACCESS EXCLUSIVE', bytes: 0, rows: null }] }] },
    ],
    notExecuted: [{ name: '3_i.sql', reason: 'runs outside a transaction' }],
  });
});

it('a failing file: 10, with file, line, statement and caret, and what stays', async () => {
  const c = await checkout({
    ...files,
    'migrations/3_x.sql': '-- migrate:up\ncreate table x ();\nselect 1,\n  nope;',
  });
  const { exitCode, stdout, stderr } = await c.run('migrate');
  expect({ exitCode, stdout }).toEqual({ exitCode: 10, stdout: '' });
  expect(stderr.slice(stderr.indexOf('Error:'))).toBe(
    [
      'Error: Cannot apply 3_x.sql: column "nope" does not exist. It left nothing behind. What came before it in this run stays: 1_a.sql, 2_b.sql.',
      '  SQLSTATE 42703: column "nope" does not exist',
      `  File: ${c.directory}/migrations/3_x.sql:3`,
      '    select 1,',
      '      nope',
      '      ^',
      'Try: mend the file, then tenantctl migrate',
      '',
    ].join('\n'),
  );
  const document = documentOf(await c.run('migrate', '--json'));
  expect(document).toMatchObject({
    ...{ exitCode: 10, applied: [], failed: { name: '3_x.sql', left: 'nothing' }, pending: ['3_x.sql'] },
    error: { code: 'STEP_FAILED', sql: { sqlstate: '42703', position: 13 } },
  });
});

it('a file that stopped part way: 11, and status names it', async () => {
  const c = await checkout({
    'migrations/1_x.sql': '-- migrate:up transaction:false\ncreate table x ();\nselect nope;',
  });
  const { exitCode, stderr } = await c.run('migrate');
  expect(exitCode).toBe(11);
  expect(stderr).toContain('It stopped part way');
  expect(stderr).toContain('Try: tenantctl status names it');
  const status = await c.run('status');
  expect(status.stdout).toMatch(/1_x\.sql +part way up +1/);
  expect(status.stdout).toContain('Warning: 1_x.sql was begun and not finished');
});

it('a missing file: 3, with what is known of it', async () => {
  const c = await checkout(files);
  await c.apply();
  await rm(path.join(c.directory, 'migrations/1_a.sql'));
  const { exitCode, stderr } = await c.run('migrate');
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/1_a\.sql \(batch 1, \d{4}-\d\d-\d\dT/);
  expect(documentOf(await c.run('migrate', '--json'))).toMatchObject({
    ...{ exitCode: 3, missing: [{ name: '1_a.sql', batch: 1 }], error: { code: 'MIGRATIONS_MISSING' } },
  });
});

it('what of files and ledger does not fit: 3, and status names it', async () => {
  const c = await checkout(files);
  await c.apply();
  await c.write({
    'migrations/1_a.sql': `${table('a')}-- edited`,
    'migrations/1_late.sql': table('late'),
    'migrations/2_b.ts': '',
  });
  const refused = async (code: string, ...args: string[]) =>
    expect(documentOf(await c.run('migrate', '--json', ...args))).toMatchObject({
      exitCode: 3,
      error: { code },
    });
  await refused('SAME_NAME');
  const { exitCode, stdout } = await c.run('status', '--check');
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/ 2_b\.sql +applied +1\n 1_a\.sql +edited +1\n 1_late\.sql +late\n/);
  expect(stdout).toMatch(/Warning: migrate refuses: files share the name 2_b: /);
  expect(stdout).toMatch(/Warning: migrate refuses: edited after they had been applied: 1_a\.sql\./);
  expect(stdout).toMatch(/Warning: migrate refuses: pending, and before one that is applied: 1_late\.sql\./);
  await rm(path.join(c.directory, 'migrations/2_b.ts'));
  await refused('MIGRATIONS_CHANGED');
  await c.write({ 'migrations/1_a.sql': table('a') });
  await refused('MIGRATIONS_LATE');
  const allowed = documentOf(await c.run('migrate', '--order', 'allow', '--json'));
  expect(allowed).toMatchObject({ applied: [{ name: '1_late.sql' }] });
});

it.each([
  ['an unknown --to', {}, ['--to', 'nope'], 'UNKNOWN_NAME'],
  ['a --lock-wait that is no duration', {}, ['--lock-wait', 'soon'], 'USAGE'],
])('%s: 2', async (_, more, args, code) => {
  const c = await checkout({ ...files, ...more });
  expect(documentOf(await c.run('migrate', '--json', ...args))).toMatchObject({
    exitCode: 2,
    error: { code },
  });
});

it('another run at work: 75, naming it', async () => {
  const c = await checkout({ 'migrations/1_x.sql': '-- migrate:up\nselect pg_sleep(60);' });
  const running = c.spawn('migrate');
  await untilRunning(c.db, 'pg_sleep');
  const { exitCode, stderr } = await c.run('migrate', '--lock-wait', '300ms');
  expect(exitCode).toBe(75);
  expect(stderr).toMatch(
    /^Waiting for the migration lock of knex_migrations: pid \d+ \(tenantctl\/migrate from /,
  );
  expect(stderr).toMatch(/within 0\.3 s: pid \d+ \(tenantctl\/migrate .*pg_sleep/);
  running.kill('SIGTERM');
  await finished(running);
});

it('SIGKILL: within three seconds the statement is dead and the lock free; the next run needs no hand', async () => {
  const c = await checkout({
    ...files,
    'migrations/3_x.js': `exports.config = { transaction: false };
      exports.up = (knex) => knex.raw('select pg_sleep(60)');`,
  });
  const child = c.spawn('migrate');
  const ended = finished(child);
  await untilRunning(c.db, 'pg_sleep');
  child.kill('SIGKILL');
  await ended;
  const left = () =>
    c.db.query(
      `select from pg_stat_activity where datname = current_database() and application_name like 'tenantctl/%'
       union all select from pg_locks where locktype = 'advisory'`,
    );
  await expect.poll(left, { timeout: 3_000 }).toEqual([]);
  await c.write({ 'migrations/3_x.js': 'exports.up = () => {};' });
  const next = await c.run('migrate', '--json', '--lock-wait', '0');
  expect(documentOf(next)).toMatchObject({ exitCode: 0, applied: [{ name: '3_x.js' }] });
  expect(next.stderr).toMatch(/Cleared knex's lock: tenantctl had set it in session \d+, which is gone\./);
});

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s in the middle of a statement: %i, rolled back, unlocked, resumable', async (signal, code) => {
  const c = await checkout({
    ...files,
    'migrations/3_x.js': `export const up = async (knex) => {
      await knex.raw('create table x ()');
      if (!process.env.QUICK) await knex.raw('select pg_sleep(60)');
    };`,
  });
  const child = c.spawn('migrate', '--json');
  const ended = finished(child);
  await untilRunning(c.db, 'pg_sleep');
  const since = Date.now();
  child.kill(signal);
  const result = await ended;
  expect(Date.now() - since).toBeLessThan(2_000);
  expect(documentOf(result)).toMatchObject({
    ...{ exitCode: code, applied: [{ name: '1_a.sql' }, { name: '2_b.sql' }] },
    ...{ failed: { name: '3_x.js', left: 'nothing' }, error: { code: 'INTERRUPTED' } },
  });
  expect(await c.db.query("select to_regclass('x') as x")).toEqual([{ x: null }]);
  await c.write({ 'migrations/3_x.js': "export const up = (knex) => knex.raw('create table x ()');" });
  expect(documentOf(await c.run('migrate', '--json', '--lock-wait', '0'))).toMatchObject({
    applied: [{ name: '3_x.js', batch: 2 }],
  });
});

it('a second signal adds nothing', async () => {
  const c = await checkout({ 'migrations/1_x.sql': '-- migrate:up\nselect pg_sleep(60);' });
  const child = c.spawn('migrate');
  const ended = finished(child);
  await untilRunning(c.db, 'pg_sleep');
  child.kill('SIGTERM');
  await sleep(5);
  child.kill('SIGTERM');
  expect((await ended).exitCode).toBe(143);
  expect(await c.db.query('select is_locked from knex_migrations_lock')).toEqual([{ is_locked: 0 }]);
  expect((await c.run('status')).stdout).toMatch(/1_x\.sql +pending/);
});

it('takes a knexfile as it is', async () => {
  const c = await checkout({
    'db/1_a.cjs':
      "exports.up = (knex) => knex.schema.createTable('a', (t) => { t.increments(); });\nexports.down = () => {};",
    'knexfile.cjs': `module.exports = { test: { client: 'pg', connection: 'postgres://ignored', migrations: { directory: './db', tableName: 'ledger' } } };`,
  });
  const result = await c.run('migrate', '--knexfile', 'knexfile.cjs', '--env', 'test', '--json');
  expect(documentOf(result)).toMatchObject({ exitCode: 0, applied: [{ name: '1_a.cjs' }] });
  expect(await c.db.query('select name from ledger')).toEqual([{ name: '1_a.cjs' }]);
});

it('--lint error: 3 before the statement is sent, with what breaks and what to do instead', async () => {
  const c = await checkout({ 'migrations/0_o.sql': '-- migrate:up\ncreate table orders (note text);' });
  await c.apply();
  await c.write({
    'migrations/1_a.sql': table('a'),
    'migrations/2_i.sql': '-- migrate:up\ncreate index orders_note\n  on orders (note);',
  });
  const { exitCode, stdout, stderr } = await c.run('migrate', '--lint', 'error');
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
  expect(stdout.slice(stdout.indexOf('Refused'))).toBe(`Refused 2_i.sql. Nothing of it stays.
Try: what is said below; or, where it does no harm here, a comment
tenantctl:allow index-not-concurrent: why; or --lint warn

error: index-not-concurrent, 2_i.sql:2
 create index orders_note on orders (note)
 nobody can write to orders while its rows are read and the index is built
    -- in a file that runs outside a transaction:
    CREATE INDEX CONCURRENTLY "orders_note" ON "orders" (note);
`);
  expect(documentOf(await c.run('migrate', '--lint', 'error', '--json'))).toMatchObject({
    ...{ exitCode: 3, applied: [], pending: ['2_i.sql'] },
    lint: { level: 'error', refused: { name: '2_i.sql', left: 'nothing' }, findings: [{ line: 2 }] },
  });
});

it('--lint warn, the default: a warning before the statement is sent, and the findings after', async () => {
  const c = await checkout({ 'migrations/0_o.sql': '-- migrate:up\ncreate table orders (note text);' });
  await c.apply();
  await c.write({
    'migrations/2_i.sql': `-- migrate:up
create index orders_note on orders (note);
-- tenantctl:allow column-dropped: nothing reads it
alter table orders drop column note;
-- tenantctl:allow table-dropped: a mistake
create table kept ();`,
  });
  const { exitCode, stdout, stderr } = await c.run('migrate');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^Warning: 2_i\.sql:2: index-not-concurrent: nobody can write to orders/m);
  expect(stdout).toMatch(/^Applied 1 migration /);
  expect(stdout).toContain('\nerror: index-not-concurrent, 2_i.sql:2\n');
  expect(stdout).toContain('\nwarn: waiver-unused, 2_i.sql:5\n');
  expect(stdout).toMatch(/\nWaived\n rule +file +reason\n column-dropped +2_i\.sql:4 +nothing reads it\n/);
});

it('the lint of tenants needs nothing but the configuration', async () => {
  const c = await checkout({
    'tenantctl.config.json': JSON.stringify({
      tenancy: { root: 'orgs', column: 'org_id', context: { setting: 'app.org' } },
    }),
    'migrations/1_o.sql': `-- migrate:up
create table orgs (id uuid primary key);
alter table orgs enable row level security, force row level security;
create policy p on orgs using (id = nullif(current_setting('app.org', true), '')::uuid);
create table users (org_id uuid not null references orgs, id uuid primary key, email text unique);`,
  });
  const { exitCode, stdout } = await c.run('migrate', '--json', '--lint', 'error');
  expect(exitCode).toBe(3);
  const { lint } = JSON.parse(stdout) as { lint: { findings: { rule: string }[] } };
  expect(lint.findings.map(({ rule }) => rule)).toEqual([
    ...['table-without-rls', 'unique-not-scoped', 'table-without-force', 'table-without-policy'],
  ]);
});

it('an unacceptable waiver, or level: 2', async () => {
  const c = await checkout({
    'migrations/1_a.sql': '-- migrate:up\n-- tenantctl:allow table-dropped\nselect 1;',
  });
  const waiver = await c.run('migrate');
  expect(waiver.exitCode).toBe(2);
  expect(waiver.stderr).toContain('1_a.sql, line 2: it has no reason.');
  expect((await c.run('migrate', '--lint', 'strict')).exitCode).toBe(2);
  expect((await c.run('migrate', '--lint', 'off')).exitCode).toBe(0);
});
