import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteIdent } from '../../src/identifiers.js';
import { type CliResult, ROOT, runCli } from '../support/cli.js';
import { type Clusters, startClusters } from '../support/clusters.js';
import { pgDump } from '../support/pg-dump.js';
import { BUILDS, fetchBuild } from '../support/postgres-builds.js';
import { describeSchema } from '../support/schema.js';
import { urlFor, withClient } from '../support/server.js';

const run = promisify(execFile);
const KNEX = `${ROOT}node_modules/knex/bin/cli.js`;

/** Other people's migrations for knex, as npm has them, and how many there are. */
const PACKAGES = [
  ['@backstage/plugin-catalog-backend@4.0.0', 45],
  ['@backstage/plugin-auth-backend@0.30.1', 12],
  ['@backstage/plugin-scaffolder-backend@4.2.0', 5],
] as const;

let directory: string;
let servers: Clusters;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tenantctl-backstage-'));
  servers = await startClusters(1, { native: await fetchBuild(BUILDS[15]) });
});
afterAll(async () => {
  await servers?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe.each(PACKAGES)('%s, on PostgreSQL 15', (spec, count) => {
  it('comes to the same schema as with the knex CLI, up and down, and either goes on from the other', async () => {
    const cwd = await unpack(spec);
    const files = (await readdir(path.join(cwd, 'package/migrations'))).sort();
    expect(files).toHaveLength(count);
    const [ours, theirs] = await Promise.all(
      ['ours', 'theirs'].map((name) => freshDatabase(`${path.basename(cwd)}-${name}`)),
    );
    const tenantctl = (...args: string[]) => must(cwd, undefined, ours, args);
    const knex = (url: string | undefined, ...args: string[]) => must(cwd, KNEX, url, args);

    await knex(theirs, 'migrate:latest');
    expect(JSON.parse((await tenantctl('migrate', '--json')).stdout)).toMatchObject({ pending: [] });
    const up = await stateOf(theirs);
    expect(up.ledger).toEqual(files);
    expect(await stateOf(ours)).toEqual(up);
    expect((await knex(ours, 'migrate:latest')).stdout).toContain('Already up to date');
    expect((await knex(ours, 'migrate:list')).stdout).toContain('No Pending Migration files Found');

    await knex(theirs, 'migrate:rollback', '--all');
    await tenantctl('rollback', '--all', '--yes');
    const down = await stateOf(theirs);
    expect(down.ledger).toEqual([]);
    expect(await stateOf(ours)).toEqual(down);

    await knex(ours, 'migrate:latest');
    expect(await stateOf(ours)).toEqual(up);
    expect(JSON.parse((await tenantctl('migrate', '--json')).stdout)).toMatchObject({
      before: count,
      planned: [],
    });
  });
});

/** The tarball alone: its migrations need no dependency. */
async function unpack(spec: string): Promise<string> {
  const cwd = path.join(directory, spec.replace(/^@backstage\/plugin-(.*)@.*/, '$1'));
  await mkdir(cwd);
  await run('npm', ['pack', spec], { cwd });
  const tarball = (await readdir(cwd)).find((file) => file.endsWith('.tgz'));
  await run('tar', ['-xzf', tarball ?? '', 'package/migrations', 'package/package.json'], { cwd });
  // The knex CLI looks for knex from the project.
  await symlink(`${ROOT}node_modules`, path.join(cwd, 'node_modules'));
  await writeFile(
    path.join(cwd, 'knexfile.cjs'),
    "module.exports = { client: 'pg', connection: process.env.DATABASE_URL, migrations: { directory: 'package/migrations' } };",
  );
  return cwd;
}

async function freshDatabase(name: string): Promise<string> {
  const [server = ''] = servers.urls;
  await withClient(server, (client) =>
    client.query(`CREATE DATABASE ${quoteIdent(name)} TEMPLATE template0`),
  );
  return urlFor(server, name);
}

async function must(
  cwd: string,
  program: string | undefined,
  url: string | undefined,
  args: readonly string[],
): Promise<CliResult> {
  const result = await runCli([...args, '--knexfile', 'knexfile.cjs'], {
    cwd,
    env: { DATABASE_URL: url ?? '' },
    ...(program && { program }),
  });
  if (result.exitCode !== 0) throw new Error(`${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result;
}

/** The schema as the catalog has it and, where there is a pg_dump, as that writes it; and knex's ledger. */
async function stateOf(url: string | undefined) {
  return withClient(url ?? '', async (client) => ({
    schema: await describeSchema(client),
    dump: await pgDump(url ?? '', '--schema-only', '--exclude-schema=tenantctl'),
    ledger: (await client.query<{ name: string }>('SELECT name FROM knex_migrations ORDER BY id')).rows.map(
      ({ name }) => name,
    ),
  }));
}
