import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { documents } from '../../../src/report/documents/index.js';
import { PLANTS } from '../../../src/verifier/self-test/plants/index.js';
import { runCli } from '../../support/cli.js';
import { serverUrl } from '../../support/database.js';
import { withClient } from '../../support/server.js';
import { temporaryDirectory } from '../../support/temporary.js';

const CONFIG = {
  migrations: { directory: 'migrations' },
  tenancy: { root: 'teams', column: 'team_id', context: { setting: 'app.team_id' }, appRole: 'selftest_web' },
};
const CURRENT = "(select nullif(current_setting('app.team_id', true), '')::int)";

/** The role that the migration makes is one that the policies name. */
const MIGRATION = `-- migrate:up
  create role selftest_web nologin;
  create table teams (id int primary key, name text not null);
  create table notes (team_id int not null references teams, id uuid default gen_random_uuid(), body text, primary key (team_id, id));
  alter table teams enable row level security, force row level security;
  alter table notes enable row level security, force row level security;
  create policy own on teams to selftest_web using (id = ${CURRENT});
  create policy own on notes to selftest_web using (team_id = ${CURRENT});
  revoke create on schema public from public;
-- migrate:down
  drop table notes, teams;`;

async function project(changes: object = {}): Promise<string> {
  const cwd = await temporaryDirectory();
  await mkdir(path.join(cwd, 'migrations'));
  const config = { ...CONFIG, tenancy: { ...CONFIG.tenancy, ...changes } };
  await writeFile(path.join(cwd, 'tenantctl.config.json'), JSON.stringify(config));
  await writeFile(path.join(cwd, 'migrations/001_notes.sql'), MIGRATION);
  return cwd;
}

/** Without a DATABASE_URL: it is none of the self-test's business. */
function run(cwd: string, args: readonly string[], url = serverUrl()) {
  return runCli(['verify-tenancy', '--self-test', '--self-test-url', url, ...args], {
    cwd,
    timeoutMs: 280_000,
  });
}

async function remains(): Promise<unknown[]> {
  return withClient(serverUrl(), async (client) => {
    const { rows } = await client.query(
      `SELECT datname FROM pg_database WHERE starts_with(datname, 'tenantctl_selftest_')
       UNION ALL SELECT rolname FROM pg_roles WHERE rolname ~ '^(tenantctl_)?selftest_'`,
    );
    return rows;
  });
}

it('plants every fault on a schema that migrations make, and catches it', { timeout: 300_000 }, async () => {
  const { stdout, stderr, exitCode } = await run(await project(), ['--json']);
  const document = JSON.parse(stdout);
  documents['verify-tenancy'].parse(document);
  const { trials, ...rest } = document.selfTest;
  const others = trials
    .filter(({ outcome }: { outcome: string }) => outcome !== 'caught')
    .map(({ classes, outcome, reason }: Record<string, unknown>) => [classes, outcome, reason]);
  expect({ exitCode, rest, others, stderr }).toEqual({
    ...{ exitCode: 0, stderr: expect.not.stringContaining('wal_level') },
    others: [
      [[23], 'not applicable', expect.stringMatching(/^no second table/)],
      [[66], 'not applicable', expect.stringMatching(/^no second table/)],
    ],
    rest: {
      ...{ unplanted: 'isolated', table: { schema: 'public', name: 'notes' }, reason: null },
      ...{ backfilled: null, seeded: false },
      summary: { caught: PLANTS.length - 2, missed: 0, failed: 0, notApplicable: 2 },
    },
  });
  expect(trials.length).toBeGreaterThan(60);
  expect(await remains()).toEqual([]);
});

it('is put away where it is interrupted', async () => {
  const signal = { name: 'SIGTERM', afterMs: 4_000 } as const;
  const args = ['verify-tenancy', '--self-test', '--self-test-url', serverUrl()];
  const { exitCode } = await runCli(args, { cwd: await project(), signal });
  expect(exitCode).toBe(143);
  expect(await remains()).toEqual([]);
});

it('says what it cannot do', async () => {
  const application = await run(await project({ isolation: 'application' }), []);
  expect(application).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^Error: Cannot plant faults in policies: isolation is 'application'/m),
  });
  const nowhere = await run(await project(), [], 'postgres://nobody@127.0.0.1:1/none');
  expect(nowhere.exitCode).toBe(69);
  const both = await run(await project(), ['--only', 'rls-disabled']);
  expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--only') });
});
