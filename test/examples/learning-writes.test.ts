import { describe, expect, it } from 'vitest';
import { refusal } from './example.js';
import { BAYSIDE, id, member, NAMES, type Name, usePlatform } from './learning.js';

// What a student, a teacher and an admin add, and what they may make of it, through the application's own login.
const platform = usePlatform();

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
  it.each(NAMES)('%s', async (name) => {
    await platform.actAs(name);
    const [sql, values] = insertion(table, row);
    if (by.includes(name)) expect((await platform.app.query(sql, values)).rowCount).toBe(1);
    else expect((await refusal(platform.app, sql, values)).code).toBe('42501');
    // Not even an admin puts it into the other organization.
    const [abroad, given] = insertion(table, { ...row, organization_id: BAYSIDE });
    expect((await refusal(platform.app, abroad, given)).code).toBe('42501');
  });
});

describe('a student', () => {
  const draft = { ...{ course_id: id(2, 1), lesson_id: id(4, 2) }, student_id: member('Sam') };

  it('hands in their own work, once, and does not grade it', async () => {
    await platform.actAs('Sam');
    const [graded, given] = insertion('submissions', { ...draft, state: 'graded', grade: 100 });
    expect((await refusal(platform.app, graded, given)).code).toBe('42501');
    await platform.app.query(...insertion('submissions', draft));
    expect(
      await platform.count(`UPDATE submissions SET state = 'submitted' WHERE lesson_id = '${id(4, 2)}'`),
    ).toBe(1);
    expect(
      await platform.count(`UPDATE submissions SET content = 'better' WHERE lesson_id = '${id(4, 2)}'`),
    ).toBe(0);
    const own = `UPDATE submissions SET state = 'graded', grade = 100 WHERE id = '${id(5, 2)}'`;
    expect((await refusal(platform.app, own)).code).toBe('42501');
    await platform.actAs('Sol');
    expect((await refusal(platform.app, ...insertion('submissions', draft))).code).toBe('42501');
  });

  it('leaves a course, and does not declare it completed', async () => {
    await platform.actAs('Sam');
    expect((await refusal(platform.app, `UPDATE enrollments SET state = 'completed'`)).code).toBe('42501');
    expect(await platform.count(`UPDATE enrollments SET state = 'withdrawn'`)).toBe(1);
    expect(await platform.count('SELECT FROM lessons')).toBe(0);
  });

  it('stays a student', async () => {
    await platform.actAs('Sam');
    expect(await platform.count(`UPDATE users SET full_name = 'Samuel'`)).toBe(1);
    expect((await refusal(platform.app, `UPDATE users SET role = 'admin'`)).code).toBe('42501');
  });
});

describe('a teacher', () => {
  it('grades what was handed in', async () => {
    await platform.actAs('Sam');
    await platform.app.query(`UPDATE submissions SET state = 'submitted'`);
    await platform.actAs('Tomás');
    const grade = `UPDATE submissions SET state = 'graded', grade = 70 WHERE student_id = '${member('Sam')}'`;
    expect(await platform.count(grade)).toBe(1);
  });

  it('does not give a course to somebody else', async () => {
    await platform.actAs('Tomás');
    const away = `UPDATE courses SET teacher_id = '${member('Tessa')}'`;
    expect((await refusal(platform.app, away)).code).toBe('42501');
  });
});

describe('an admin', () => {
  it('removes others, never themselves', async () => {
    await platform.actAs('Ada');
    await platform.app.query(
      `INSERT INTO users (email, full_name, role) VALUES ('n@norte.example', 'New', 'admin')`,
    );
    expect(await platform.count(`DELETE FROM users WHERE full_name = 'New'`)).toBe(1);
    expect(await platform.count(`DELETE FROM users WHERE full_name = 'Ada'`)).toBe(0);
    await platform.actAs('Tomás');
    expect(await platform.count('DELETE FROM users')).toBe(0);
  });

  it('founds an organization as itself only', async () => {
    await platform.actAs('Ada');
    const [found, given] = insertion('organizations', { name: 'New', slug: 'new' });
    expect((await refusal(platform.app, found, given)).code).toBe('42501');
  });
});
