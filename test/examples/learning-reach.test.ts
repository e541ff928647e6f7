import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { BAYSIDE, member, NAMES, NORTE, usePlatform } from './learning.js';

// What a student, a teacher and an admin see, change and delete, through the application's own login.
const platform = usePlatform();

// Rows of the seeds that each of NAMES reaches with a statement without conditions.
const REACH: readonly [table: string, command: 'SELECT' | 'UPDATE' | 'DELETE', rows: readonly number[]][] = [
  ['organizations', 'SELECT', [1, 1, 1, 1, 1]],
  ['organizations', 'UPDATE', [1, 0, 0, 0, 0]],
  ['organizations', 'DELETE', [0, 0, 0, 0, 0]],
  ['users', 'SELECT', [5, 5, 5, 4, 4]],
  ['users', 'UPDATE', [5, 1, 1, 1, 1]],
  ['courses', 'SELECT', [2, 2, 2, 1, 1]],
  ['courses', 'UPDATE', [2, 1, 1, 0, 0]],
  ['courses', 'DELETE', [2, 0, 1, 0, 0]],
  ['enrollments', 'SELECT', [2, 2, 0, 1, 1]],
  ['enrollments', 'DELETE', [2, 0, 0, 0, 0]],
  ['lessons', 'SELECT', [2, 2, 0, 1, 1]],
  ['lessons', 'UPDATE', [2, 2, 0, 0, 0]],
  ['lessons', 'DELETE', [2, 2, 0, 0, 0]],
  ['submissions', 'SELECT', [2, 1, 0, 1, 1]],
  ['submissions', 'UPDATE', [2, 1, 0, 0, 1]],
  ['submissions', 'DELETE', [2, 0, 0, 0, 1]],
  ['files', 'SELECT', [2, 1, 0, 2, 1]],
  ['files', 'UPDATE', [2, 1, 0, 1, 0]],
  ['files', 'DELETE', [2, 1, 0, 1, 0]],
  ['file_versions', 'SELECT', [2, 1, 0, 2, 1]],
  ['file_versions', 'UPDATE', [0, 0, 0, 0, 0]],
  ['file_versions', 'DELETE', [2, 0, 0, 0, 0]],
  ['file_access_logs', 'SELECT', [3, 2, 0, 1, 1]],
  ['file_access_logs', 'UPDATE', [0, 0, 0, 0, 0]],
  ['file_access_logs', 'DELETE', [0, 0, 0, 0, 0]],
];

const touched = (table: string) => {
  if (table === 'file_versions') return 'size_bytes = size_bytes + 1';
  return table === 'file_access_logs' ? `action = 'view'` : `updated_at = '2030-01-01'`;
};

const statement = (table: string, command: string) => {
  if (command === 'SELECT') return `SELECT FROM ${table}`;
  return command === 'UPDATE' ? `UPDATE ${table} SET ${touched(table)}` : `DELETE FROM ${table}`;
};

describe.each(REACH)('%s: %s', (table, command, expected) => {
  it.each(NAMES.map((name, index) => [name, expected[index]] as const))(
    '%s reaches %i',
    async (name, rows) => {
      await platform.actAs(name);
      expect(await platform.count(statement(table, command))).toBe(rows);
      // As somebody who would see it: everything of the other organization is there, and as it was.
      await platform.actAs('Ada', BAYSIDE);
      const [, , all] = REACH.find((row) => row[0] === table && row[1] === 'SELECT') ?? [];
      expect(await platform.count(statement(table, 'SELECT'))).toBe(all?.[0]);
      if (command !== 'UPDATE') return;
      const [column, value] = touched(table)
        .replace(/size_bytes \+ 1/, '2049')
        .split(' = ');
      expect(await platform.count(`SELECT FROM ${table} WHERE ${column} = ${value}`)).toBe(0);
    },
  );
});

const TABLES = [...new Set(REACH.map(([table]) => table))];

it.each(TABLES)('%s: nobody moves a row to another organization', async (table) => {
  const column = table === 'organizations' ? 'id' : 'organization_id';
  for (const name of NAMES) {
    await platform.actAs(name);
    const move = `UPDATE ${table} SET ${column} = '${BAYSIDE}'`;
    await platform.app.query('SAVEPOINT move');
    const moved = await platform.app.query(move).then(
      ({ rowCount }) => rowCount,
      (error: pg.DatabaseError) => error.code,
    );
    await platform.app.query('ROLLBACK TO move');
    expect([0, '42501'], `${name}: ${moved}`).toContain(moved);
  }
});

it.each([
  ['never set', []],
  ['empty, as after a transaction', ['', '', '']],
  ['without a role', [NORTE, member('Ada'), '']],
  ['with a role that is none', [NORTE, member('Ada'), 'root']],
  ['without an organization', ['', member('Ada'), 'admin']],
])('a context that is %s reaches nothing', async (_, settings) => {
  const names = ['app.organization_id', 'app.member_id', 'app.member_role'];
  const fresh = settings.length === 0 ? await platform.example.connectApp() : platform.app;
  for (const [index, value] of settings.entries()) {
    await platform.app.query('SELECT set_config($1, $2, true)', [names[index], value]);
  }
  for (const [table, command] of REACH) {
    expect((await fresh.query(statement(table, command))).rowCount, `${table} ${command}`).toBe(0);
  }
});

it('a policy that forgets the organization opens nothing: the floor holds', async () => {
  const owner = await platform.example.database.client();
  await owner.query('BEGIN');
  await owner.query('CREATE POLICY careless ON courses USING (true)');
  await owner.query(`SET LOCAL ROLE "${platform.example.database.name}_app"`);
  await owner.query(`SELECT set_config('app.organization_id', $1, true)`, [NORTE]);
  const { rows } = await owner.query('SELECT DISTINCT organization_id AS id FROM courses');
  await owner.query('ROLLBACK');
  expect(rows).toEqual([{ id: NORTE }]);
});
