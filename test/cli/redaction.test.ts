import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteIdent, quoteLiteral } from '../../src/identifiers.js';
import { FORMATS } from '../../src/report/reports.js';
import { ROOT, runCli } from '../support/cli.js';
import { createLogin, dropRoleWith, useTestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Every command, read from the directory: a new one is covered by being there. */
const COMMANDS = readdirSync(`${ROOT}src/commands`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, '').split(path.sep))
  .sort();

const ROLE = `canary_${randomBytes(6).toString('hex')}`;

/** What a command needs to get beyond its flags; the others run as they are. */
const ARGUMENTS: Record<string, string[]> = {
  'migrate new': ['add_canary'],
  'migrate repair': ['--accept', '20250718000001_create_organizations', '--reason', 'test'],
  'migrate baseline': ['--to', '20250718000001_create_organizations'],
  rollback: ['--yes', '--steps', '1'],
  init: ['--dry-run'],
  // A role belongs to the whole server, so not the one that the configuration names.
  'create-app-role': ['--role', ROLE],
  'verify-tenancy': FORMATS.flatMap((format) => ['--report', `${format}=tenancy.${format}`]),
};

/** Every character that one of the encodings on the way out treats in its own manner. */
const SPECIAL = '@/:#?%&+="\'`\\ ü';

/** A password that is found again in every encoding, by the part that none of them changes. */
function makeCanary(): { core: string; password: string } {
  const core = `Canary${randomBytes(6).toString('hex')}`;
  return { core, password: `${core}${SPECIAL}${core}` };
}

const db = useTestDatabase({ template: 'booking-seeded' });
const canary = makeCanary();
const roleCanary = makeCanary();
let user: string;
let host: string;
let port: string;
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'canary-'));
  for (const name of ['migrations', 'seeds', 'checks', 'tenantctl.config.ts']) {
    await cp(path.join(ROOT, name), path.join(cwd, name), { recursive: true });
  }
  user = (await createLogin(db, 'canary', { attributes: 'SUPERUSER' })).role;
  await db.query(`alter role ${quoteIdent(user)} password ${quoteLiteral(canary.password)}`);
  ({ hostname: host, port } = new URL(db.url));
  dropRoleWith(db, ROLE);
});
afterAll(() => rm(cwd, { recursive: true }));

const urlWith = (password: string, toPort = port) =>
  `postgres://${user}:${encodeURIComponent(password)}@${host}:${toPort}/${db.name}`;

interface Way {
  args?: string[];
  env?: Record<string, string>;
}

/** For every command: a run that succeeds, and those that fail before and while it connects. */
const WAYS: Record<string, () => Way | Promise<Way>> = {
  'DATABASE_URL, APP_DATABASE_URL and APP_ROLE_PASSWORD': () => ({
    env: {
      DATABASE_URL: urlWith(canary.password),
      APP_DATABASE_URL: urlWith(canary.password),
      APP_ROLE_PASSWORD: roleCanary.password,
    },
  }),
  '--database-url': () => ({ args: ['--database-url', urlWith(canary.password)] }),
  'a wrong password': () => ({ env: { DATABASE_URL: urlWith(`wrong${canary.password}`) } }),
  'an unknown flag beside it': () => ({ args: ['--database-url', urlWith(canary.password), '--nope'] }),
};

/** What all commands read by the same code: once is enough. */
const OTHER_WAYS: typeof WAYS = {
  PGPASSWORD: () => ({
    env: { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: db.name, PGPASSWORD: canary.password },
  }),
  PGPASSFILE: async () => ({
    env: {
      ...{ PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: db.name },
      PGPASSFILE: await secretFile(`*:*:*:*:${canary.password.replaceAll(/[\\:]/g, '\\$&')}`),
      // The driver says that its next major version does not read such files.
      NODE_OPTIONS: '',
    },
  }),
  DATABASE_URL_FILE: async () => ({ env: { DATABASE_URL_FILE: await secretFile(urlWith(canary.password)) } }),
  'the configuration': async () => {
    const file = path.join(cwd, 'canary.config.json');
    await writeFile(file, JSON.stringify({ connection: { url: urlWith(canary.password) } }));
    return { args: ['--config', file] };
  },
  'a configuration that throws it': async () => {
    const file = path.join(cwd, 'canary.config.mjs');
    await writeFile(file, `throw new Error('bad URL: ' + ${JSON.stringify(urlWith(canary.password))});`);
    return { args: ['--config', file] };
  },
  'a server that is not there': () => ({ env: { DATABASE_URL: urlWith(canary.password, '1') } }),
  'a URL that is not encoded': () => ({ args: [`--database-url=postgres://u:${canary.password}@h/d`] }),
  'what is no URL': () => ({ args: ['--database-url', `host=h password=${canary.core}`] }),
};

async function secretFile(text: string): Promise<string> {
  const file = path.join(await temporaryDirectory(), 'secret');
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  return file;
}

function expectNoCanary(text: string): void {
  for (const { core } of [canary, roleCanary]) expect(text).not.toContain(core);
  expect(text).not.toMatch(/SCRAM-SHA-256\$\d/);
}

/** With everything that DEBUG prints. */
async function expectSilence(
  words: string[],
  way: () => Way | Promise<Way>,
  format: string[],
): Promise<void> {
  const { args = [], env = {} } = await way();
  const command = [...words, ...(ARGUMENTS[words.join(' ')] ?? []), ...args, ...format];
  const { exitCode, stdout, stderr } = await runCli(command, { cwd, env: { ...env, DEBUG: '*' } });
  expect(stderr).toContain('main');
  expect({ exitCode, stderr }).not.toMatchObject({ exitCode: 1 });
  expectNoCanary(stdout + stderr);
}

const ways = (of: typeof WAYS) =>
  Object.entries(of).map(([label, way], index) => ({
    label,
    way,
    format: index % 2 === 0 ? [] : ['--json'],
  }));

describe.each(COMMANDS.map((words) => ({ name: words.join(' '), words })))('$name', ({ words }) => {
  it.each(ways(WAYS))('shows no password given by $label', ({ way, format }) =>
    expectSilence(words, way, format),
  );
});

describe('status', () => {
  it.each(ways(OTHER_WAYS))('shows no password given by $label', ({ way, format }) =>
    expectSilence(['status'], way, format),
  );
});

it('verify-tenancy writes none into a report, a baseline or a fix, where it is the name of a table', async () => {
  await db.query(`create table ${quoteIdent(canary.password)} (organization_id uuid)`);
  await db.query(`grant select on ${quoteIdent(canary.password)} to public`);
  const reports = FORMATS.flatMap((format) => ['--report', `${format}=named.${format}`]);
  const files = ['--baseline', 'named-baseline.json', '--update-baseline', '--fix', 'named.sql'];
  const { stdout, stderr } = await runCli(['verify-tenancy', ...reports, '--report', 'github', ...files], {
    cwd,
    env: { DATABASE_URL: urlWith(canary.password) },
  });
  expectNoCanary(stdout + stderr);
  const names = [...FORMATS.map((format) => `named.${format}`), 'named-baseline.json', 'named.sql'];
  for (const name of names) {
    const text = await readFile(path.join(cwd, name), 'utf8');
    expectNoCanary(text);
    // Masked, and not merely left out; what is in the baseline is not annotated.
    if (name !== 'named.github')
      expect({ name, masked: /\*\*\*|\\\*\\\*/.test(text) }).toEqual({ name, masked: true });
  }
});

it('and no command wrote one into a file', async () => {
  for (const file of await readdir(cwd, { recursive: true, withFileTypes: true })) {
    // The one place that keeps a password, for its owner only, is tested with create-app-role.
    if (!file.isFile() || file.parentPath.includes('.tenantctl') || file.name.startsWith('canary.')) continue;
    expectNoCanary(await readFile(path.join(file.parentPath, file.name), 'utf8'));
  }
});
