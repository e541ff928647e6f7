import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../support/cli.js';
import { nativeOfPeers, pgDump } from '../support/pg-dump.js';
import { urlFor, withClient } from '../support/server.js';
import { type Contestant, compare } from './compare.js';
import { install } from './install.js';
import { APP, makeTables } from './tables.js';

const CONFIG = {
  tenancy: {
    root: 'organizations',
    column: 'organization_id',
    context: { setting: 'app.organization_id' },
    appRole: APP.role,
  },
};

/** Has a process tell, as its last words, how much memory it had at most. */
const TELL_MEMORY = `process.on('exit',()=>process.stderr.write('maxRSS='+process.resourceUsage().maxRSS+'\\n'))`;

/** How much is looked at, and the flags that say so. Without the app's login nothing is proven. */
const PARTS = {
  'catalog checks': { args: ['--skip', 'data'], login: false, exitCode: 4 },
  'catalog and rows': { args: [], login: false, exitCode: 4 },
  'with probes': { args: [], login: true, exitCode: 0 },
} as const;
type Part = keyof typeof PARTS;

/** `verify-tenancy` beside `pg_dump --schema-only`, the whole processes, on databases of 100 to 10,000 tables. */
export async function bench(server: string): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tenantctl-bench-'));
  try {
    const program = await install(directory);
    await writeFile(path.join(directory, 'tenantctl.config.json'), JSON.stringify(CONFIG));
    await withClient(server, (client) =>
      client.query(`CREATE ROLE ${APP.role} LOGIN PASSWORD '${APP.password}'`),
    );
    const urls = new Map<number, string>();
    const database = async (count: number): Promise<string> => {
      const url = urls.get(count) ?? (await makeTables(server, count));
      urls.set(count, url);
      return url;
    };
    const memory = { most: 0 };
    const verify = (name: string, count: number, part: Part): Contestant => ({
      name,
      prepare: async () => {
        const url = await database(count);
        return () => run({ program, directory, url, part, memory });
      },
    });
    if (await nativeOfPeers()) {
      const dump: Contestant = {
        name: 'pg_dump',
        prepare: async () => {
          const url = await database(1_000);
          return async () => void (await pgDump(url, '--schema-only', '--file=/dev/null'));
        },
      };
      const against = (part: Part, pairs: number) =>
        compare(`1,000 tables, ${part}`, verify('tenantctl', 1_000, part), dump, pairs);
      await against('catalog checks', 9);
      await against('catalog and rows', 7);
      await against('with probes', 5);
    } else process.stdout.write('  no pg_dump was found to compare with\n');
    const growth = (part: Part, more: number, fewer: number, pairs: number) =>
      compare(
        `ten times the tables, ${part}`,
        verify(`${more} tables`, more, part),
        verify(`${fewer} tables`, fewer, part),
        pairs,
      );
    const tellMemory = (what: string) =>
      process.stdout.write(`  memory, ${what}: ${Math.ceil(memory.most / 1024)} MiB\n`);
    await growth('catalog and rows', 1_000, 100, 5);
    await growth('with probes', 1_000, 100, 3);
    tellMemory('at most 1,000 tables');
    await growth('catalog checks', 10_000, 1_000, 3);
    await growth('catalog and rows', 10_000, 1_000, 2);
    tellMemory('10,000 tables, catalog and rows');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Run {
  program: string;
  directory: string;
  url: string;
  part: Part;
  /** KiB. */
  memory: { most: number };
}

async function run({ program, directory, url, part, memory }: Run): Promise<void> {
  const { args, login, exitCode: expected } = PARTS[part];
  const app = urlFor(url, new URL(url).pathname.slice(1), APP);
  const { exitCode, stdout, stderr } = await runCli(['verify-tenancy', '--json', ...args], {
    ...{ program, cwd: directory, timeoutMs: 600_000 },
    env: {
      DATABASE_URL: url,
      ...(login && { APP_DATABASE_URL: app }),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_MEMORY)}`,
    },
  });
  if (exitCode !== expected) throw new Error(`verify-tenancy: ${stdout.slice(0, 2_000)}${stderr}`);
  memory.most = Math.max(memory.most, Number(/maxRSS=(\d+)/.exec(stderr)?.[1] ?? Number.NaN));
}
