import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSections } from '../../../src/migrator/files/sql-sections.js';
import { parseStatements } from '../../../src/postgres/statements.js';

const read = (text: string) => readSections({ path: '/m/1.sql', text });

/** SQL that holds markers which are none: in strings, bodies, block comments and names. */
const STATEMENTS = [
  'create table t (a int)',
  "select 'x\n-- migrate:down\n'",
  'create function f() returns void language plpgsql as $f$\nbegin\n-- migrate:up\nperform 1;\nend\n$f$',
  '/*\n-- migrate:down\n*/ select 1',
  'select 1 as "\n-- migrate:down"',
  '-- about migrate:down\nselect 2',
  "select 'é€😀'",
];
const statements = fc.array(fc.constantFrom(...STATEMENTS), { minLength: 1, maxLength: 5 });
const transaction = fc.boolean();

describe('readSections', () => {
  it('finds the two sections, whatever their SQL holds, in either order, with their lines', async () => {
    const section = (direction: 'up' | 'down') =>
      fc.record({ direction: fc.constant(direction), body: statements, transaction });
    const file = fc.record({ up: section('up'), down: fc.option(section('down')), downFirst: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(file, fc.constantFrom('\n', '\r\n'), async ({ up, down, downFirst }, newline) => {
        const wanted = down === null ? [up] : downFirst ? [down, up] : [up, down];
        const text = wanted
          .map(({ direction, body, transaction: inside }) =>
            [
              `-- migrate:${direction}${inside ? '' : ' transaction:false'}`,
              ...body.map((sql) => `${sql};`),
              '',
            ].join('\n'),
          )
          .join('')
          .replaceAll('\n', newline);
        const sections = await read(`-- a migration${newline}${newline}${text}`);
        expect(sections.map(({ direction, transaction: inside }) => [direction, inside])).toEqual(
          wanted.map(({ direction, transaction: inside }) => [direction, inside]),
        );
        for (const [index, { sql }] of sections.entries()) {
          const found = await parseStatements(sql, false);
          expect(found).toHaveLength(wanted[index]?.body.length ?? 0);
          const lines = `-- a migration${newline}${newline}${text}`.split(/\r?\n/);
          for (const statement of found) {
            expect(lines[statement.line - 1]).toContain(statement.text.split(/\r?\n/)[0]);
          }
        }
      }),
    );
  });

  it.each([
    ['no marker at all', 'create table t ()', 'it has no line `-- migrate:up`'],
    ['an empty file', '', 'it has no line `-- migrate:up`'],
    ['down alone', '-- migrate:down\ndrop table t', 'it has no line `-- migrate:up`'],
    ['up twice', '-- migrate:up\nselect 1;\n-- migrate:up\nselect 2;', 'is there 2 times'],
    ['SQL before the first marker', 'select 1;\n-- migrate:up\nselect 2', 'line 1 holds SQL before'],
    [
      'an unknown direction',
      '-- migrate:up\nselect 1;\n-- migrate:dwon\nselect 2',
      'line 3, `-- migrate:dwon`',
    ],
    [
      'a marker in capitals',
      '-- migrate:up\nselect 1;\n-- Migrate:Down\nselect 2',
      'line 3, `-- Migrate:Down`',
    ],
    ['an unknown option', '-- migrate:up transaction:no\nselect 1', 'transaction:no'],
    ['an option without its value', '-- migrate:up transaction\nselect 1', 'is no marker that is known'],
  ])('refuses %s', async (_, text, cause) => {
    await expect(read(text)).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'SQL_SECTIONS', hint: expect.stringContaining('-- migrate:down') },
      message: expect.stringContaining(cause),
    });
  });

  it('takes a marker that says what holds anyway', async () => {
    const [up] = await read('--migrate:up   transaction:true  \nselect 1');
    expect(up).toMatchObject({ direction: 'up', transaction: true });
  });

  it('says where a string is not ended', async () => {
    await expect(read("-- migrate:up\nselect 'x;\n-- migrate:down\n")).rejects.toMatchObject({
      ...{ code: 'SQL_SYNTAX', message: expect.stringContaining('line 2: unterminated quoted string') },
    });
  });
});
