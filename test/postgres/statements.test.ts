import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sqlErrorDetails } from '../../src/postgres/errors.js';
import { failedStatement } from '../../src/postgres/failed-statement.js';
import { parseStatements, runStatements } from '../../src/postgres/statements.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase();

const parse = (text: string, transactional = true) =>
  parseStatements({ path: '/m/x.sql', text, line: 1 }, transactional);

/** Statements whose text holds what a naive splitter trips over. */
const STATEMENTS = [
  'select 1',
  `select 'a;b', E'it\\'s;', U&'d\\0061;t', "odd;name" from (select 1 as "odd;name") t`,
  'select $$ ; -- no comment $$ || $tag$ $$;$$ $tag$',
  'create function f() returns int language sql begin atomic; select 1; select 2; end',
  "do $body$ begin perform 1; raise notice 'x;'; end $body$",
  `select '{"a": 1}'::jsonb ? 'a'`,
  'select 1 /* ; /* nested ; */ ; */ + 1',
  "select 'é€😀;', 'two\nlines;'",
  'create rule r as on insert to t do also (insert into u values (1); delete from u)',
];
const SEPARATORS = [';', ';\n', ' ;;\n\n', '; -- comment; more\n', '; /* block; */ ', ';\r\n'];

describe('parseStatements', () => {
  it('splits where PostgreSQL does, whatever is between and inside the statements', async () => {
    const part = fc.tuple(fc.constantFrom(...STATEMENTS), fc.constantFrom(...SEPARATORS));
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('', '-- first\n', '\n\n'),
        fc.boolean(),
        async (parts, head, closed) => {
          const all = parts.map(([sql, separator]) => sql + separator).join('');
          const text = head + (closed ? all : all.replace(/;[^;]*$/, ''));
          const last = parts.at(-1)?.[0] ?? '';
          fc.pre(closed || text.endsWith(last));
          const statements = await parse(text);
          expect(statements.map((statement) => statement.text)).toEqual(parts.map(([sql]) => sql));
          for (const { text: sql, line } of statements) {
            expect(
              text
                .split('\n')
                .slice(line - 1)
                .join('\n'),
            ).toContain(sql);
          }
        },
      ),
    );
  });

  it.each(['', ' \n', '-- nothing\n', '/* nothing */', ';;'])('finds no statement in %j', async (text) => {
    expect(await parse(text)).toEqual([]);
  });

  it('takes a dump of thousands of statements in seconds', async () => {
    const each = `insert into t values ('${'ä'.repeat(60)}');`;
    const statements = await parse(`${each}\n`.repeat(20_000));
    expect(statements).toHaveLength(20_000);
    expect(statements.at(-1)?.line).toBe(20_000);
  }, 20_000);

  it('says where the grammar gave up, counting lines and characters, not bytes', async () => {
    await expect(parse("select 'é€😀';\n\n  selec 1;")).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'SQL_SYNTAX' },
      message: 'Cannot read /m/x.sql, line 3: syntax error at or near "selec".',
      sql: { sqlstate: '42601', file: '/m/x.sql:3', position: 18 },
    });
  });

  it.each(['copy t from stdin', 'copy t (a) from stdin with (format csv)'])('refuses %s', async (sql) => {
    await expect(parse(`select 1;\n${sql}`)).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'COPY_FROM_STDIN' },
      message: expect.stringContaining('line 2'),
    });
  });

  it('tells that reason, not the syntax error that its rows are', async () => {
    const text = "select ';';\nCOPY public.t (a, b) FROM stdin;\n1\tit's; so\n\\.\n\nselect 2;";
    await expect(parse(text)).rejects.toMatchObject({
      ...{ code: 'COPY_FROM_STDIN', message: expect.stringContaining('line 2') },
    });
  });

  it('takes COPY from a file or a program, and to the client', async () => {
    const sql = "copy t from '/tmp/t'; copy t from program 'cat /tmp/t'; copy t to stdout";
    expect(await parse(sql)).toHaveLength(3);
  });

  it.each(['begin', 'start transaction', 'commit', 'end', 'rollback', 'abort', "prepare transaction 'x'"])(
    'refuses %s inside a transaction, and takes it outside of one',
    async (sql) => {
      await expect(parse(sql)).rejects.toMatchObject({ kind: 'usage', code: 'TRANSACTION_CONTROL' });
      expect(await parse(sql, false)).toHaveLength(1);
    },
  );

  it('takes savepoints inside a transaction', async () => {
    expect(await parse('savepoint a; rollback to a; release a')).toHaveLength(3);
  });
});

describe('runStatements', () => {
  it('sends each as it is written: a ? is an operator, $1 is text', async () => {
    const client = await db.client();
    const sql = `create table seen as select '{"a": 1}'::jsonb ? 'a' as has, 'costs $1' as cost`;
    await runStatements(client, await parse(sql), undefined);
    expect(await db.query('select * from seen')).toEqual([{ has: true, cost: 'costs $1' }]);
  });

  it('stops at the first that fails, and remembers it with its line', async () => {
    const client = await db.client();
    const statements = await parse('create table a ();\n\nselect nope;\ncreate table b ()');
    const error = await runStatements(client, statements, undefined).catch((each: unknown) => each);
    expect(failedStatement(error)).toEqual({ text: 'select nope', line: 3 });
    expect(sqlErrorDetails(error)).toMatchObject({
      sqlstate: '42703',
      statement: 'select nope',
      position: 8,
    });
    expect(await db.query(`select to_regclass('a') is null as a, to_regclass('b') is null as b`)).toEqual([
      { a: false, b: true },
    ]);
  });

  it('begins no further one after an abort', async () => {
    const client = await db.client();
    const statements = await parse('create table c ()');
    await expect(runStatements(client, statements, AbortSignal.abort())).rejects.toThrow(/abort/i);
    expect(await db.query(`select to_regclass('c')::text as c`)).toEqual([{ c: null }]);
  });
});
