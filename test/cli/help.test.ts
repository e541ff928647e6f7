import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Command, Config } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, ROOT, runCli } from '../support/cli.js';
import { type Clusters, startClusters } from '../support/clusters.js';
import { urlFor, withClient } from '../support/server.js';

const shell = promisify(execFile);

const config = await Config.load({ root: ROOT, ignoreManifest: true });
const commands = config.commands.filter(({ pluginName }) => pluginName === 'tenantctl');

/** The commands of the examples, as one would type them. */
function examplesOf({ id, examples = [] }: Command.Loadable): string[] {
  return examples
    .map((example) => (typeof example === 'string' ? example : example.command))
    .map((text) => text.replaceAll('<%= config.bin %>', 'tenantctl'))
    .map((text) => text.replaceAll('<%= command.id %>', id.replaceAll(':', ' ')));
}

describe.each(commands.map((command) => ({ id: command.id, command })))('help of $id', ({ id, command }) => {
  it('has a summary in lower case, a description, and examples', () => {
    expect(command.summary).toMatch(/^[a-z].*[^.]$/);
    expect(command.description).toMatch(/^[A-Z].*\.$/s);
    expect(examplesOf(command).length).toBeGreaterThan(0);
    for (const example of examplesOf(command))
      expect(example).toContain(`tenantctl ${id.replaceAll(':', ' ')}`);
  });

  it('has a summary for each flag and argument, and names the variables; the usage has each flag', async () => {
    const { stdout } = await runCli([...id.split(':'), '--help']);
    const shown = stdout.replaceAll(/\s+/g, ' ');
    for (const [name, { summary, env }] of Object.entries(command.flags)) {
      expect({ name, summary }).toEqual({
        name,
        summary: expect.stringMatching(/^[a-z].*[^.]$/),
      });
      expect(shown).toContain(`--${name}`);
      if (env !== undefined) expect(shown).toContain(`env: ${env}]`);
    }
    const usage = stdout.slice(stdout.indexOf('USAGE'), stdout.indexOf('\n\n', stdout.indexOf('USAGE')));
    for (const [name, { char }] of Object.entries(command.flags)) {
      expect(usage).toMatch(new RegExp(`(--${name}|\\[-${char}|\\| -${char})\\b`));
    }
    expect(stdout).not.toContain('[default: ]');
    for (const argument of Object.values(command.args)) expect(argument.description ?? argument).toBeTruthy();
  });
});

describe('the examples', () => {
  /** A server of this file's own: the examples name roles, which belong to a whole server. */
  let server: Clusters;
  let url: string;
  let directory: string;

  beforeAll(async () => {
    server = await startClusters(1, { native: process.env.TEST_POSTGRES_NATIVE });
    url = server.urls[0] ?? '';
    directory = await mkdtemp(path.join(tmpdir(), 'examples-'));
    await mkdir(path.join(directory, 'bin'));
    await symlink(`${ROOT}bin/run.js`, path.join(directory, 'bin/tenantctl'));
    await onServer('create database booking');
    const project = await makeProject('template');
    for (const command of ['migrate', 'seed']) await expectRun(project, 'booking', `tenantctl ${command}`);
  });
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  const onServer = (sql: string) => withClient(url, (client) => client.query(sql));
  const onDatabase = (name: string, sql: string) =>
    withClient(urlFor(url, name), (client) => client.query(sql));

  /** One file edited, two outside a transaction begun and not finished, an index that tenantctl did not make. */
  const TO_BE_REPAIRED = `
    update tenantctl.migration_log set checksum = 'another' where name like '%_create_roles';
    update tenantctl.migration_log set state = 'started', row_id = null where name like '%_index_%_by_organization';
    delete from knex_migrations where name like '%_index_%_by_organization.ts';
    create index of_the_dba on organizations (id)`;

  /** The booking platform, with what the examples name. */
  async function makeProject(name: string): Promise<string> {
    const project = path.join(directory, name);
    for (const part of ['migrations', 'seeds', 'checks', 'tenantctl.config.ts']) {
      await cp(path.join(ROOT, part), path.join(project, part), { recursive: true });
    }
    await writeFile(path.join(project, 'password'), 'a-password-of-the-examples\n');
    const knexfile = { production: { client: 'pg', migrations: { directory: 'migrations' } } };
    await writeFile(path.join(project, 'knexfile.js'), `module.exports = ${JSON.stringify(knexfile)};\n`);
    await writeFile(path.join(project, 'tenancy-baseline.json'), '{ "version": 1, "findings": {} }\n');
    return project;
  }

  /** Runs a line in a shell; 3 is the answer of a gate. */
  async function expectRun(cwd: string, database: string, line: string): Promise<void> {
    const { PATH, ...rest } = cleanEnvironment();
    const env = { ...rest, PATH: `${directory}/bin:${PATH}`, DATABASE_URL: urlFor(url, database) };
    const outcome = await shell('sh', ['-c', line.replaceAll('/run/secrets/', '')], { cwd, env }).then(
      () => 'done',
      ({ code, stderr }: { code: number; stderr: string }) => (code === 3 ? 'done' : `${code}: ${stderr}`),
    );
    expect({ line, outcome }).toEqual({ line, outcome: 'done' });
  }

  it.each(commands)(
    'of $id run as they are',
    async (command) => {
      const name = `examples_${command.id.replaceAll(/\W/g, '_')}`;
      await onServer(`create database ${name} template booking`);
      const project = await makeProject(name);
      if (command.id === 'migrate:repair') await onDatabase(name, TO_BE_REPAIRED);
      // It writes over nothing.
      if (command.id === 'init') await rm(path.join(project, 'tenantctl.config.ts'));
      if (['migrate', 'verify-tenancy'].includes(command.id)) {
        await expectRun(project, name, 'tenantctl create-app-role --generate-password');
      }
      for (const line of examplesOf(command)) {
        // What a person at a terminal would be asked.
        const answer = 'yes' in command.flags && !/--(yes|dry-run)/.test(line) ? ' --yes' : '';
        await expectRun(project, name, line + answer);
      }
    },
    120_000,
  );
});
