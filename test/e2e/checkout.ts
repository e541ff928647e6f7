import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type CliResult, ROOT, runCli, spawnCli } from '../support/cli.js';
import { createTestDatabase, dropRoleWith, type TestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A copy of the booking platform beside an empty database, with an app role of its own: roles are the whole server's. */
export interface BookingCheckout {
  directory: string;
  db: TestDatabase;
  role: string;
  /** Runs the built CLI there. */
  run(...args: string[]): Promise<CliResult>;
  spawn(...args: string[]): ReturnType<typeof spawnCli>;
  /** Runs a command that has to succeed. */
  must(...args: string[]): Promise<CliResult>;
  /** `verify-tenancy --json`. */
  verify(env?: Readonly<Record<string, string>>): Promise<Proof>;
}

export interface Proof {
  exitCode: number;
  verdict: string;
  lacking: { reason: string; remedy: string }[];
  findings: { check: string; severity: string; object: string; fix: string | null; evidence: string }[];
  relations: { name: string; class: string; verdict: string; reason: string | null }[];
}

export async function openCheckout(): Promise<BookingCheckout> {
  const directory = await temporaryDirectory();
  const db = await createTestDatabase();
  onTestFinished(() => db.drop());
  const role = `${db.name}_app`;
  dropRoleWith(db, role);
  for (const name of ['migrations', 'seeds', 'checks']) {
    await cp(path.join(ROOT, name), path.join(directory, name), { recursive: true });
  }
  const config = await readFile(path.join(ROOT, 'tenantctl.config.ts'), 'utf8');
  await writeFile(path.join(directory, 'tenantctl.config.ts'), config.replace("'booking_app'", `'${role}'`));
  const run = (args: string[], env: Readonly<Record<string, string>> = {}) =>
    runCli(args, { cwd: directory, env: { DATABASE_URL: db.url, ...env } });
  return {
    ...{ directory, db, role },
    run: (...args) => run(args),
    spawn: (...args) => spawnCli(args, { cwd: directory, env: { DATABASE_URL: db.url } }),
    must: async (...args) => {
      const result = await run(args);
      if (result.exitCode !== 0)
        throw new Error(`tenantctl ${args.join(' ')}: ${result.stdout}${result.stderr}`);
      return result;
    },
    verify: async (env) => {
      const { stdout, exitCode } = await run(['verify-tenancy', '--json'], env);
      const proof = JSON.parse(stdout) as Proof;
      if (proof.exitCode !== exitCode) throw new Error(`exit code ${exitCode}, document ${proof.exitCode}`);
      return proof;
    },
  };
}

/** Names of the relations of tenants that are not isolated, with the reason. */
export function notIsolated({ relations }: Proof): string[] {
  return relations
    .filter(({ class: kind }) => kind === 'tenant' || kind === 'root')
    .filter(({ verdict }) => verdict !== 'isolated')
    .map(({ name, verdict, reason }) => `${name}: ${verdict}: ${reason}`);
}

/** From nothing to a database with rows and a login. */
export async function bringUp(): Promise<BookingCheckout> {
  const booking = await openCheckout();
  await booking.must('migrate');
  await booking.must('seed');
  await booking.must('create-app-role', '--generate-password');
  return booking;
}

/** Every row of every table, and where it is stored. */
export async function contents({ db }: BookingCheckout): Promise<Record<string, string>> {
  const tables = await db.query<{ name: string }>(
    "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  const found: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await db.query<{ hash: string }>(
      `SELECT md5(string_agg(concat_ws('|', t.ctid, t.xmin, t), '|' ORDER BY t.ctid)) AS hash FROM ${name} t`,
    );
    found[name] = row?.hash ?? '';
  }
  return found;
}
