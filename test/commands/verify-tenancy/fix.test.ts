import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.js';
import { useBookingVerifier } from './fixture.js';

const { db, checkout, verify } = useBookingVerifier();

/** Faults whose fixes need an order, two statements, a transaction, or none; and one that only a person can mend. */
const PLANT = `
  ALTER TABLE students DISABLE ROW LEVEL SECURITY;
  CREATE POLICY everyone ON appointments USING (true);
  GRANT UPDATE ON roles TO booking_app_access;
  CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid REFERENCES organizations, body text);
  GRANT SELECT, INSERT ON notes TO booking_app_access;
  ALTER TABLE posts ADD CONSTRAINT has_content CHECK (content <> '') NOT VALID;
  ALTER TABLE posts ADD COLUMN slug text UNIQUE;
  CREATE TABLE log (organization_id uuid, at date NOT NULL, line text, UNIQUE (at, line)) PARTITION BY RANGE (at);
  CREATE TABLE log_all PARTITION OF log DEFAULT;
  ALTER TABLE log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY own ON log USING (organization_id = current_organization_id());
  GRANT SELECT, INSERT ON log TO booking_app_access;
  CREATE FUNCTION all_students() RETURNS SETOF students LANGUAGE sql SECURITY DEFINER AS 'select * from students';
  CREATE TABLE anybodys (id int); GRANT SELECT ON anybodys TO booking_app_access`;

it('writes migrations that migrate runs, after which the findings are gone', async () => {
  await db.query(PLANT);
  const cwd = await checkout();
  const file = 'migrations/20990101000000_fix_tenancy.sql';
  const { exitCode, stdout } = await verify(cwd, ['--fix', file, '--json']);
  const { findings, fixes } = JSON.parse(stdout);
  expect(exitCode).toBe(3);
  expect(fixes).toMatchObject({
    files: [file, 'migrations/20990101000000_fix_tenancy_online.sql'],
    byHand: ['untenanted-reachable:"public"."anybodys"'],
  });

  const together = await readFile(path.join(cwd, file), 'utf8');
  expect(together).toMatch(/^-- Fixes of what[\s\S]*\n-- migrate:up\n[\s\S]*\n-- migrate:down\n/);
  expect(together).toMatch(/-- untenanted-reachable:"public"\."anybodys": [^\n]+\n/);
  const online = await readFile(path.join(cwd, fixes.files[1]), 'utf8');
  expect(online).toMatch(/\n-- migrate:up transaction:false\n/);
  expect(online).toContain(
    'CREATE INDEX CONCURRENTLY "notes_organization_id_idx" ON "public"."notes" ("organization_id");',
  );
  expect(online).toContain('ADD CONSTRAINT "posts_slug_key" UNIQUE USING INDEX "posts_slug_key_tenant";');
  expect(together).toMatch(
    /\n-- tenantctl:allow unique-built-in-place: PostgreSQL has no way here [^\n]+\nALTER TABLE "public"\."log" DROP/,
  );
  expect(online).toContain('ALTER TABLE "public"."posts" VALIDATE CONSTRAINT "has_content";');

  const fixable = findings.filter(({ fix }: { fix: string | null }) => fix !== null);
  expect(fixable.length).toBeGreaterThan(7);
  // The platform's own migrations are in the ledger, and not in this directory.
  await db.query('DROP TABLE knex_migrations, knex_migrations_lock');
  const env = { DATABASE_URL: db.url };
  const migrated = await runCli(['migrate', '--lint', 'error', '--json'], { cwd, env });
  const { lint, pending } = JSON.parse(migrated.stdout);
  const complaints = lint.findings.filter(({ waived }: { waived: string | null }) => waived === null);
  expect({ complaints, pending }).toEqual({ complaints: [], pending: [] });

  const after = JSON.parse((await verify(cwd, ['--json'])).stdout);
  expect(after.findings.map(({ key }: { key: string }) => key)).toEqual(fixes.byHand);
  expect(await runCli(['rollback', '--all', '--yes'], { cwd, env })).toMatchObject({ exitCode: 0 });

  await db.query('REVOKE ALL ON anybodys FROM booking_app_access');
  const clean = await verify(cwd, ['--fix', 'migrations/none.sql']);
  expect(clean).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('so nothing was written') });
  expect(await readdir(path.join(cwd, 'migrations'))).toHaveLength(2);
}, 120_000);

it.each([
  ['fix.ts', undefined, 'a migration of SQL ends in .sql'],
  ['there.sql', 'there.sql', 'Cannot write the fixes to there.sql: it is there already'],
  ['there.sql', 'there_online.sql', 'Cannot write the fixes to there_online.sql: it is there already'],
])('%s is refused where %s is there', async (file, there, message) => {
  const cwd = await checkout();
  if (there !== undefined) await writeFile(path.join(cwd, there), 'mine');
  const { exitCode, stderr } = await verify(cwd, ['--fix', file]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
  if (there !== undefined) expect(await readFile(path.join(cwd, there), 'utf8')).toBe('mine');
});
