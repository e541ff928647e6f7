import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quoteIdent } from '../../src/identifiers.js';
import { ROOT, runCli } from '../support/cli.js';
import { urlFor, withClient } from '../support/server.js';
import { compare } from './compare.js';
import { install } from './install.js';

const FILES = 50;
const KNEX = `${ROOT}node_modules/knex/bin/cli.js`;

interface Tool {
  name: string;
  /** A program of Node's, and its arguments. */
  command: readonly [string, ...string[]];
}

/** `migrate` beside the knex CLI, on one directory of files that both can run. */
export async function bench(server: string): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tenantctl-bench-'));
  const run = async ({ command: [program, ...args] }: Tool, url: string) => {
    const result = await runCli(args, { program, cwd: directory, env: { DATABASE_URL: url } });
    if (result.exitCode !== 0)
      throw new Error(`${program} ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  };
  const nothing = async (tool: Tool) => {
    const url = await freshDatabase(server, tool.name);
    await run(tool, url);
    return { name: tool.name, prepare: async () => () => run(tool, url) };
  };
  const everything = (tool: Tool) => ({
    name: tool.name,
    prepare: async () => {
      const url = await freshDatabase(server, tool.name);
      return () => run(tool, url);
    },
  });
  try {
    const program = await install(directory);
    await writeProject(directory);
    const knex: Tool = { name: 'knex', command: [KNEX, 'migrate:latest', '--knexfile', 'knexfile.js'] };
    for (const [config, ...flags] of CONFIGURATIONS) {
      const tenantctl: Tool = { name: 'tenantctl', command: [program, 'migrate', ...flags] };
      await compare(`nothing pending, ${config}`, await nothing(tenantctl), await nothing(knex), 20);
      await compare(`${FILES} files pending, ${config}`, everything(tenantctl), everything(knex), 10);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const CONFIGURATIONS = [
  ['knexfile.js', '--knexfile', 'knexfile.js'],
  ['tenantctl.config.json', '--config', 'tenantctl.config.json'],
  ['tenantctl.config.ts'],
] as const;

async function writeProject(directory: string): Promise<void> {
  const write = (name: string, text: string) => writeFile(path.join(directory, name), text);
  await mkdir(path.join(directory, 'migrations'));
  await write('migrations/package.json', '{ "type": "module" }');
  for (let file = 1; file <= FILES; file += 1) {
    await write(`migrations/${String(file).padStart(3, '0')}_table.js`, migration(file));
  }
  await write('knexfile.js', `export default { client: 'pg', connection: process.env.DATABASE_URL };\n`);
  await write('tenantctl.config.json', '{ "migrations": { "directory": "migrations" } }\n');
  await write(
    'tenantctl.config.ts',
    `import { defineConfig } from 'tenantctl';\n\nexport default defineConfig({ migrations: { directory: 'migrations' } });\n`,
  );
}

/** Every other one makes a table, the one after it a column and an index. */
function migration(file: number): string {
  const table = `table_${Math.ceil(file / 2)}`;
  const [act, undo] =
    file % 2 === 1
      ? [
          `createTable('${table}', (t) => { t.increments(); t.string('name').notNullable(); t.timestamps(true, true); })`,
          `dropTable('${table}')`,
        ]
      : [
          `alterTable('${table}', (t) => { t.integer('rank').index(); })`,
          `alterTable('${table}', (t) => { t.dropColumn('rank'); })`,
        ];
  return `export const up = (knex) => knex.schema.${act};\nexport const down = (knex) => knex.schema.${undo};\n`;
}

async function freshDatabase(server: string, name: string): Promise<string> {
  await withClient(server, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${quoteIdent(name)} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${quoteIdent(name)} TEMPLATE template0`);
  });
  return urlFor(server, name);
}
