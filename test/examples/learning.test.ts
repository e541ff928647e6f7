import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Example,
  expectIsolated,
  expectReversible,
  openExample,
  refusal,
  runCommand,
  WALK_MS,
} from './example.js';
import { BAYSIDE, id, NORTE } from './learning.js';

const TABLES = [
  'organizations',
  'users',
  'courses',
  'enrollments',
  'lessons',
  'submissions',
  'files',
  'file_versions',
  'file_access_logs',
];

const columnOf = (table: string) => (table === 'organizations' ? 'id' : 'organization_id');

let example: Example;
let superuser: pg.Client;

beforeAll(async () => {
  example = await openExample('learning');
  await example.migrate();
  await example.seed();
  superuser = await example.database.client();
});

async function rowsOf(organization: string): Promise<Record<string, number>> {
  const count = async (table: string): Promise<[string, number]> => {
    const { rows } = await superuser.query(`SELECT FROM ${table} WHERE ${columnOf(table)} = $1`, [
      organization,
    ]);
    return [table, rows.length];
  };
  const counts: [string, number][] = [];
  for (const table of TABLES) counts.push(await count(table));
  return Object.fromEntries(counts);
}

it(
  'every file goes up, down and up again, and all of them down to nothing',
  async () => {
    await expectReversible(await openExample('learning'));
  },
  WALK_MS,
);

it('an owner who is no superuser migrates, seeds and rolls back', async () => {
  const owned = await openExample('learning', { owner: true });
  await owned.migrate();
  await owned.seed();
  await owned.rollback({ kind: 'all' });
});

it('seeds run twice change nothing', async () => {
  const contents = async () => {
    const texts: unknown[] = [];
    for (const table of TABLES) {
      texts.push((await superuser.query(`SELECT to_jsonb(t) FROM ${table} t ORDER BY 1::text`)).rows);
    }
    return texts;
  };
  const first = await contents();
  await example.seed();
  expect(await contents()).toEqual(first);
});

it(
  'is migrated, proven isolated and rolled back by the commands',
  async () => {
    const walked = await openExample('learning');
    expect(await runCommand(walked, 'migrate')).toMatchObject({ exitCode: 0 });
    await expectIsolated(walked);
    // However right the policies are, a superuser's answer proves nothing.
    expect(await runCommand({ ...walked, appUrl: walked.url }, 'verify-tenancy')).toMatchObject({
      exitCode: 4,
      document: { verdict: 'inconclusive' },
    });
    expect(await runCommand(walked, 'rollback', '--all', '--yes')).toMatchObject({ exitCode: 0 });
  },
  WALK_MS,
);

describe('the policies', () => {
  it('are more than forty, and none is for all commands but the floor', async () => {
    const policies = await example.database.query<{ cmd: string; permissive: string; n: number }>(
      'SELECT cmd, permissive, count(*)::int AS n FROM pg_policies GROUP BY 1, 2 ORDER BY 2, 1',
    );
    expect(policies).toEqual([
      { cmd: 'DELETE', permissive: 'PERMISSIVE', n: 12 },
      { cmd: 'INSERT', permissive: 'PERMISSIVE', n: 17 },
      { cmd: 'SELECT', permissive: 'PERMISSIVE', n: 23 },
      { cmd: 'UPDATE', permissive: 'PERMISSIVE', n: 16 },
      { cmd: 'ALL', permissive: 'RESTRICTIVE', n: TABLES.length },
    ]);
  });

  it('bind the owner of the tables, too', async () => {
    const unforced = await example.database.query(
      `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
       AND relname !~ '^knex' AND NOT (relrowsecurity AND relforcerowsecurity)`,
    );
    expect(unforced).toEqual([]);
  });

  // What four of the platform's eleven isolation tests were really about: they ran as a superuser.
  it('are nothing to a superuser, in whatever organization', async () => {
    await superuser.query('BEGIN');
    await superuser.query(`SELECT set_config('app.organization_id', $1, true)`, [NORTE]);
    const { rows } = await superuser.query('SELECT DISTINCT organization_id AS id FROM users ORDER BY 1');
    await superuser.query('ROLLBACK');
    expect(rows).toEqual([{ id: NORTE }, { id: BAYSIDE }]);
  });
});

describe('deleting', () => {
  it('an organization takes all it owns and nothing else', async () => {
    const theirs = await rowsOf(BAYSIDE);
    expect(Object.values(theirs)).not.toContain(0);
    await superuser.query('BEGIN');
    await superuser.query('DELETE FROM organizations WHERE id = $1', [NORTE]);
    await superuser.query('SET CONSTRAINTS ALL IMMEDIATE');
    const ours = Object.values(await rowsOf(NORTE));
    const left = await rowsOf(BAYSIDE);
    await superuser.query('ROLLBACK');
    expect(ours).toEqual(TABLES.map(() => 0));
    expect(left).toEqual(theirs);
  });

  it('a file takes its versions and its log', async () => {
    const file = id(6, 1);
    const attached = async () => {
      const sql = `SELECT (SELECT count(*)::int FROM file_versions WHERE file_id = $1) AS versions,
        (SELECT count(*)::int FROM file_access_logs WHERE file_id = $1) AS entries`;
      return (await superuser.query(sql, [file])).rows;
    };
    await superuser.query('BEGIN');
    const before = await attached();
    await superuser.query('DELETE FROM files WHERE id = $1', [file]);
    const after = await attached();
    await superuser.query('ROLLBACK');
    expect(before).toEqual([{ versions: 1, entries: 2 }]);
    expect(after).toEqual([{ versions: 0, entries: 0 }]);
  });

  it('a teacher with courses is refused', async () => {
    await superuser.query('BEGIN');
    const error = await refusal(superuser, `DELETE FROM users WHERE full_name = 'Tessa'`);
    await superuser.query('ROLLBACK');
    expect(error).toMatchObject({ code: '23503', table: 'courses' });
  });
});

it('a submission belongs to a student of the lesson’s own course', async () => {
  await superuser.query('BEGIN');
  const error = await refusal(
    superuser,
    `INSERT INTO submissions (organization_id, course_id, lesson_id, student_id)
     SELECT l.organization_id, l.course_id, l.id, u.id FROM lessons l JOIN users u USING (organization_id)
     WHERE l.position = 2 AND u.full_name = 'Tessa' LIMIT 1`,
  );
  await superuser.query('ROLLBACK');
  expect(error.code).toBe('23503');
});
