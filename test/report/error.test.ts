import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { type ErrorDetails, TenantctlError } from '../../src/errors.js';
import { errorReport, excerpt } from '../../src/report/error.js';
import { renderTerminal } from '../../src/report/terminal.js';

const STATEMENT = 'create table a (\n  id int,\n  b integr,\n  c int,\n  d int,\n  e int\n)';
const POSITION = STATEMENT.indexOf('integr') + 1;

const failure = (details: Partial<ErrorDetails> = {}) =>
  new TenantctlError({ kind: 'step-failed', code: 'STEP', message: 'Cannot apply a.sql: no.', ...details });

const SQL = {
  ...{ sqlstate: '42704', message: 'type "integr" does not exist', detail: 'the detail', hint: 'the hint' },
  ...{ file: 'a.sql', statement: STATEMENT, position: POSITION },
};

it('the document names version, command, target, exit code and error', () => {
  const target = {
    ...{ host: 'h', port: 5432, database: 'd', user: 'u', source: 'DATABASE_URL', embedded: false },
  };
  const error = failure({ hint: 'this', sql: SQL, partial: { applied: ['one.ts'] } });
  expect(errorReport('migrate', target, 10, error).document).toEqual({
    ...{ version: 1, command: 'migrate', target, exitCode: 10, applied: ['one.ts'] },
    error: { code: 'STEP', message: 'Cannot apply a.sql: no.', hint: 'this', sql: SQL },
  });
  expect(errorReport('x', null, 2, failure()).document.error).toEqual({
    ...{ code: 'STEP', message: 'Cannot apply a.sql: no.' },
  });
});

it('a person reads cause, place in the SQL, and what to try', async () => {
  const report = errorReport('migrate', null, 10, failure({ hint: 'this', sql: SQL }));
  expect(await renderTerminal(report, new Chalk({ level: 0 }), 80)).toBe(
    [
      'Error: Cannot apply a.sql: no.',
      '  SQLSTATE 42704: type "integr" does not exist',
      '  Detail: the detail',
      '  Hint: the hint',
      '  File: a.sql',
      '    create table a (',
      '      id int,',
      '      b integr,',
      '        ^',
      '      c int,',
      '      d int,',
      'Try: this',
      '',
    ].join('\n'),
  );
});

describe('excerpt', () => {
  it('shows the first lines where the server gave no position', () => {
    expect(excerpt('1\n2\n3\n4\n5\n6', undefined)).toBe('1\n2\n3\n4\n5');
  });

  it('shows of a line of thousands of rows what is around the position', () => {
    const long = `insert into t values ${'(1), '.repeat(100_000)}(nope)`;
    const [line = '', caret = '', ...rest] = excerpt(long, long.indexOf('nope') + 1).split('\n');
    expect(line).toMatch(/^….*\(nope\)$/);
    expect(line.length).toBeLessThan(250);
    expect(caret).toBe(`${' '.repeat(line.indexOf('nope'))}^`);
    expect(rest).toEqual([]);
    expect(excerpt(long, undefined)).toMatch(/^insert .{193}…$/);
    expect(excerpt(`${long}\nnope`, long.length + 2)).toMatch(/^insert .{193}…\nnope\n\^$/);
  });

  it('points at the first and at the last character', () => {
    expect(excerpt('ab', 1)).toBe('ab\n^');
    expect(excerpt('ab', 3)).toBe('ab\n  ^');
    expect(excerpt('ab\ncd', 4)).toBe('ab\ncd\n^');
  });
});
