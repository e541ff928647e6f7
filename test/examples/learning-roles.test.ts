import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Example, openExample, refusal } from './example.js';

// What a student, a teacher and an admin may do, command by command, through the application's own login.

const NORTE = 'a0000000-0000-4000-8000-000000000000';
const BAYSIDE = 'b0000000-0000-4000-8000-000000000000';
const PEOPLE = {
  Ada: ['admin', 1],
  Tomás: ['teacher', 2],
  Tessa: ['teacher', 3],
  Sol: ['student', 4],
  Sam: ['student', 5],
} as const;
type Name = keyof typeof PEOPLE;

let example: Example;
let app: pg.Client;

beforeAll(async () => {
  example = await openExample('learning');
  await example.migrate();
  await example.seed();
  app = await example.connectApp();
});
beforeEach(() => app.query('BEGIN'));
afterEach(() => app.query('ROLLBACK'));

/** Ids as the seeds make them: kinds 1 user, 2 course, 3 enrollment, 4 lesson, 5 submission, 6 file, 7 version, 8 access. */
const id = (kind: number, number: number, organization = NORTE) =>
  `${organization.slice(0, 24)}${String(kind * 1000 + number).padStart(12, '0')}`;
const member = (name: Name, organization = NORTE) => id(1, PEOPLE[name][1], organization);

async function actAs(name: Name, organization = NORTE): Promise<void> {
  await app.query(
    `SELECT set_config('app.organization_id', $1, true), set_config('app.member_id', $2, true),
       set_config('app.member_role', $3, true)`,
    [organization, member(name, organization), PEOPLE[name][0]],
  );
}

const count = async (sql: string) => (await app.query(sql)).rowCount;

// Rows of the seeds that each of them reaches with a statement without conditions.
const COLUMNS: readonly Name[] = ['Ada', 'Tomás', 'Tessa', 'Sol', 'Sam'];
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
  it.each(COLUMNS.map((name, index) => [name, expected[index]] as const))(
    '%s reaches %i',
    async (name, rows) => {
      await actAs(name);
      expect(await count(statement(table, command))).toBe(rows);
      // As somebody who would see it: everything of the other organization is there, and as it was.
      await actAs('Ada', BAYSIDE);
      const [, , all] = REACH.find((row) => row[0] === table && row[1] === 'SELECT') ?? [];
      expect(await count(statement(table, 'SELECT'))).toBe(all?.[0]);
      if (command !== 'UPDATE') return;
      const [column, value] = touched(table)
        .replace(/size_bytes \+ 1/, '2049')
        .split(' = ');
      expect(await count(`SELECT FROM ${table} WHERE ${column} = ${value}`)).toBe(0);
    },
  );
});

interface Attempt {
  what: string;
  table: string;
  row: Record<string, unknown>;
  /** Who may; everybody else is refused by a policy. */
  by: readonly Name[];
}

const INSERTS: readonly Attempt[] = [
  {
    what: 'a user',
    table: 'users',
    row: { email: 'new@norte.example', full_name: 'New', role: 'student' },
    by: ['Ada'],
  },
  {
    what: 'a course of Tessa’s',
    table: 'courses',
    row: { teacher_id: member('Tessa'), title: 'X' },
    by: ['Ada', 'Tessa'],
  },
  {
    what: 'a lesson of Tomás’ course',
    table: 'lessons',
    row: { course_id: id(2, 1), position: 3, title: 'X' },
    by: ['Ada', 'Tomás'],
  },
  {
    what: 'an enrollment in Tomás’ published course',
    table: 'enrollments',
    row: { course_id: id(2, 1), student_id: member('Tessa') },
    by: ['Ada', 'Tomás'],
  },
  {
    what: 'Sol’s enrollment in a draft',
    table: 'enrollments',
    row: { course_id: id(2, 2), student_id: member('Sol') },
    by: ['Ada', 'Tessa'],
  },
  {
    what: 'a file of Sol’s own',
    table: 'files',
    row: { owner_id: member('Sol'), name: 'x' },
    by: ['Ada', 'Sol'],
  },
  {
    what: 'a file of Tomás’ on his lesson',
    table: 'files',
    row: { owner_id: member('Tomás'), name: 'x', lesson_id: id(4, 2) },
    by: ['Ada', 'Tomás'],
  },
  {
    what: 'a file on Sol’s graded submission',
    table: 'files',
    row: { owner_id: member('Sol'), name: 'x', submission_id: id(5, 1) },
    by: ['Ada'],
  },
  {
    what: 'a file on Sam’s draft',
    table: 'files',
    row: { owner_id: member('Sam'), name: 'x', submission_id: id(5, 2) },
    by: ['Ada', 'Sam'],
  },
  {
    what: 'a version of Tomás’ file, as Tomás',
    table: 'file_versions',
    row: {
      ...{ file_id: id(6, 1), version: 2, uploaded_by: member('Tomás') },
      ...{ storage_key: 'x', size_bytes: 1, sha256: 'x' },
    },
    by: ['Tomás'],
  },
  {
    what: 'an access of Sol’s to a handout',
    table: 'file_access_logs',
    row: { file_id: id(6, 1), user_id: member('Sol'), action: 'view' },
    by: ['Sol'],
  },
  {
    what: 'an access to Sol’s own note in Sam’s name',
    table: 'file_access_logs',
    row: { file_id: id(6, 2), user_id: member('Sam'), action: 'view' },
    by: [],
  },
];

function insertion(table: string, row: Record<string, unknown>): [string, unknown[]] {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  return [`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`, Object.values(row)];
}

describe.each(INSERTS)('$table: INSERT of $what', ({ table, row, by }) => {
  it.each(COLUMNS)('%s', async (name) => {
    await actAs(name);
    const [sql, values] = insertion(table, row);
    if (by.includes(name)) expect((await app.query(sql, values)).rowCount).toBe(1);
    else expect((await refusal(app, sql, values)).code).toBe('42501');
    // Not even an admin puts it into the other organization.
    const [abroad, given] = insertion(table, { ...row, organization_id: BAYSIDE });
    expect((await refusal(app, abroad, given)).code).toBe('42501');
  });
});

describe('a student', () => {
  const draft = { ...{ course_id: id(2, 1), lesson_id: id(4, 2) }, student_id: member('Sam') };

  it('hands in their own work, once, and does not grade it', async () => {
    await actAs('Sam');
    const [graded, given] = insertion('submissions', { ...draft, state: 'graded', grade: 100 });
    expect((await refusal(app, graded, given)).code).toBe('42501');
    await app.query(...insertion('submissions', draft));
    expect(await count(`UPDATE submissions SET state = 'submitted' WHERE lesson_id = '${id(4, 2)}'`)).toBe(1);
    expect(await count(`UPDATE submissions SET content = 'better' WHERE lesson_id = '${id(4, 2)}'`)).toBe(0);
    const own = `UPDATE submissions SET state = 'graded', grade = 100 WHERE id = '${id(5, 2)}'`;
    expect((await refusal(app, own)).code).toBe('42501');
    await actAs('Sol');
    expect((await refusal(app, ...insertion('submissions', draft))).code).toBe('42501');
  });

  it('leaves a course, and does not declare it completed', async () => {
    await actAs('Sam');
    expect((await refusal(app, `UPDATE enrollments SET state = 'completed'`)).code).toBe('42501');
    expect(await count(`UPDATE enrollments SET state = 'withdrawn'`)).toBe(1);
    expect(await count('SELECT FROM lessons')).toBe(0);
  });

  it('stays a student', async () => {
    await actAs('Sam');
    expect(await count(`UPDATE users SET full_name = 'Samuel'`)).toBe(1);
    expect((await refusal(app, `UPDATE users SET role = 'admin'`)).code).toBe('42501');
  });
});

describe('a teacher', () => {
  it('grades what was handed in', async () => {
    await actAs('Sam');
    await app.query(`UPDATE submissions SET state = 'submitted'`);
    await actAs('Tomás');
    const grade = `UPDATE submissions SET state = 'graded', grade = 70 WHERE student_id = '${member('Sam')}'`;
    expect(await count(grade)).toBe(1);
  });

  it('does not give a course to somebody else', async () => {
    await actAs('Tomás');
    const away = `UPDATE courses SET teacher_id = '${member('Tessa')}'`;
    expect((await refusal(app, away)).code).toBe('42501');
  });
});

describe('an admin', () => {
  it('removes others, never themselves', async () => {
    await actAs('Ada');
    await app.query(`INSERT INTO users (email, full_name, role) VALUES ('n@norte.example', 'New', 'admin')`);
    expect(await count(`DELETE FROM users WHERE full_name = 'New'`)).toBe(1);
    expect(await count(`DELETE FROM users WHERE full_name = 'Ada'`)).toBe(0);
    await actAs('Tomás');
    expect(await count('DELETE FROM users')).toBe(0);
  });

  it('founds an organization as itself only', async () => {
    await actAs('Ada');
    const [found, given] = insertion('organizations', { name: 'New', slug: 'new' });
    expect((await refusal(app, found, given)).code).toBe('42501');
  });
});

const TABLES = [...new Set(REACH.map(([table]) => table))];

it.each(TABLES)('%s: nobody moves a row to another organization', async (table) => {
  const column = table === 'organizations' ? 'id' : 'organization_id';
  for (const name of COLUMNS) {
    await actAs(name);
    const move = `UPDATE ${table} SET ${column} = '${BAYSIDE}'`;
    await app.query('SAVEPOINT move');
    const moved = await app.query(move).then(
      ({ rowCount }) => rowCount,
      (error: pg.DatabaseError) => error.code,
    );
    await app.query('ROLLBACK TO move');
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
  const fresh = settings.length === 0 ? await example.connectApp() : app;
  for (const [index, value] of settings.entries()) {
    await app.query('SELECT set_config($1, $2, true)', [names[index], value]);
  }
  for (const [table, command] of REACH) {
    expect((await fresh.query(statement(table, command))).rowCount, `${table} ${command}`).toBe(0);
  }
});

it('a policy that forgets the organization opens nothing: the floor holds', async () => {
  const owner = await example.database.client();
  await owner.query('BEGIN');
  await owner.query('CREATE POLICY careless ON courses USING (true)');
  await owner.query(`SET LOCAL ROLE "${example.database.name}_app"`);
  await owner.query(`SELECT set_config('app.organization_id', $1, true)`, [NORTE]);
  const { rows } = await owner.query('SELECT DISTINCT organization_id AS id FROM courses');
  await owner.query('ROLLBACK');
  expect(rows).toEqual([{ id: NORTE }]);
});
