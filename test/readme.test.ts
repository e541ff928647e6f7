import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { ROOT, runCli } from './support/cli.js';
import { useTestDatabase } from './support/database.js';
import { temporaryDirectory } from './support/temporary.js';

const README = await readFile(`${ROOT}README.md`, 'utf8');

/** The code block after `<!-- example: NAME -->`. */
function example(name: string): string {
  const [, after] = README.split(`<!-- example: ${name} -->`);
  const block = /^\s*```\w+\n(.*?)\n```/s.exec(after ?? '')?.[1];
  if (block === undefined) throw new Error(`README.md has no example ${name}`);
  return `${block}\n`;
}

describe('README.md', () => {
  it('says what the code says: npm run readme brings it up to date', async () => {
    const generator = (await import(`${ROOT}bin/readme.js`)) as { readme(text: string): Promise<string> };
    expect(await generator.readme(README)).toBe(README);
  }, 60_000);

  it('refers to files that are there', () => {
    const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !existsSync(ROOT + link))).toEqual([]);
  });

  it('shows a configuration that loads, and has every key', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(path.join(cwd, 'tenantctl.config.ts'), example('configuration'));
    const { config } = await loadConfig({ cwd, env: {} });
    expect(config.tenancy).toMatchObject({ appRole: 'shop_app', waivers: [{ until: '2027-01-31' }] });
    const { configSchema } = await import('../src/config/schema.js');
    const keys = ({ shape }: { shape: object }) => Object.keys(shape);
    const { connection, migrations, tenancy } = configSchema.shape;
    const parts = [connection, migrations, tenancy].map(({ def }) => def.innerType);
    for (const key of [configSchema, ...parts].flatMap(keys)) {
      expect(example('configuration')).toMatch(new RegExp(`\\b${key}:`));
    }
  });
});

describe('the examples of README.md', () => {
  const db = useTestDatabase({ template: 'booking' });

  it('migrate, keep tenants apart, and roll back; the check runs', async () => {
    const cwd = await temporaryDirectory();
    await mkdir(path.join(cwd, 'migrations'));
    await writeFile(path.join(cwd, 'migrations/1_rooms.ts'), example('migration'));
    const config = "export default { migrations: { directory: 'migrations', tableName: 'readme' } };\n";
    await writeFile(path.join(cwd, 'tenantctl.config.ts'), config);
    const run = async (...args: string[]) => {
      const { exitCode, stderr } = await runCli(args, { cwd, env: { DATABASE_URL: db.url } });
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    };
    await run('migrate');
    await db.query(`
      with o as (insert into organizations (name, slug, subdomain) values ('a', 'a', 'a') returning id)
      insert into rooms (organization_id, name) select id, unnest(array['', 'Blue']) from o`);
    expect(await db.query(example('check'))).toEqual([
      { object: 'rooms', detail: expect.stringMatching(/^room 1 of organization /) },
    ]);
    await run('rollback', '--yes');
    expect(await db.query("select to_regclass('rooms') as rooms")).toEqual([{ rooms: null }]);
  });
});
