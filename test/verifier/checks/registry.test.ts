import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/verifier/checks/index.js';
import { useTestDatabase } from '../../support/database.js';
import { auditOf, baseConfig, inSchema, keysOf, LEAKS, readPlant } from '../../support/leaks.js';

const SOURCES = fileURLToPath(new URL('../../../src/verifier/checks', import.meta.url));
const SCHEMAS = ['public', 'Other Schema'];

/** The first fix of each check, planted in the schema public: what `tenantctl checks ID` shows. */
const fixes = new Map<string, string>();

const db = useTestDatabase();
let client: pg.Client;
let version: number;

beforeAll(async () => {
  client = await db.client();
  const { rows } = await client.query("SELECT current_setting('server_version_num')::int AS version");
  version = rows[0].version;
});
beforeEach(() => client.query('BEGIN'));
afterEach(() => client.query('ROLLBACK'));

async function healthyBase(schema: string): Promise<void> {
  await client.query(inSchema(await readFile(`${LEAKS}/base.sql`, 'utf8'), schema));
}

/** Names that a reader would expect, in place of the test's. */
function asExample(fix: string): string {
  return fix.replaceAll('leak_', '').replaceAll(db.name, 'shop');
}

describe('the registry', () => {
  it('is sorted, and is the same as the directory', async () => {
    const ids = CHECKS.map((check) => check.id);
    expect(ids).toEqual([...ids].sort());
    const files = await readdir(SOURCES, { recursive: true });
    const byFile = files.filter((file) => file.includes('/')).map((file) => file.replace(/\.ts$/, ''));
    expect(byFile.sort()).toEqual(CHECKS.map(({ family, id }) => `${family}/${id}`).sort());
  });

  it('has a plant and a near miss for each check, and none for others', async () => {
    const files = (await readdir(LEAKS, { recursive: true })).filter((file) => file.includes('/'));
    expect(files.sort()).toEqual(
      CHECKS.flatMap(({ id }) => [`${id}/leak.sql`, `${id}/near-miss.sql`]).sort(),
    );
  });

  it('explains each check in two to four sentences', () => {
    for (const { id, title, explanation } of CHECKS) {
      expect(title.endsWith('.'), id).toBe(false);
      const sentences = explanation.match(/[.:](?= |$)/g)?.length ?? 0;
      expect(sentences, `${id}: ${explanation}`).toBeGreaterThanOrEqual(2);
      expect(explanation.length, id).toBeLessThan(520);
    }
  });
});

describe('nothing is found', () => {
  it('in an empty database', async () => {
    await client.query('CREATE ROLE leak_app LOGIN');
    const { findings, notFinished } = await auditOf(client, baseConfig('public'));
    expect({ keys: keysOf(findings), notFinished }).toEqual({ keys: [], notFinished: [] });
  });

  it.each(SCHEMAS)('in a healthy schema named %s', async (schema) => {
    await healthyBase(schema);
    const { findings, notFinished } = await auditOf(client, baseConfig(schema));
    expect({ keys: keysOf(findings), notFinished }).toEqual({ keys: [], notFinished: [] });
  });
});

describe.each(SCHEMAS)('planted in schema %s', (schema) => {
  it.each(CHECKS.map((check) => [check.id, check] as const))('%s', async (id, check) => {
    const plant = await readPlant(`${id}/leak`, schema);
    if (version < plant.since) return;
    await healthyBase(schema);
    await client.query(plant.sql);
    const config = baseConfig(schema, plant.config);
    const { findings } = await auditOf(client, config);
    expect(keysOf(findings).sort()).toEqual([...plant.expected].sort());
    const own = findings.filter((finding) => finding.check === id);
    expect(own).not.toEqual([]);
    if (!('fix' in check)) return;
    for (const finding of own) {
      expect(finding.fix, finding.key).toBeDefined();
      await client.query(finding.fix ?? '');
      if (schema === 'public' && !fixes.has(id)) fixes.set(id, asExample(finding.fix ?? ''));
    }
    const mended = await auditOf(client, config);
    expect(keysOf(mended.findings).filter((key) => key.startsWith(`${id}:`))).toEqual([]);
  });

  it.each(CHECKS.map((check) => check.id))('%s, nearly', async (id) => {
    const plant = await readPlant(`${id}/near-miss`, schema);
    if (version < plant.since) return;
    await healthyBase(schema);
    await client.query(plant.sql);
    const { findings } = await auditOf(client, baseConfig(schema, plant.config));
    expect(keysOf(findings).filter((key) => key.startsWith(`${id}:`))).toEqual([]);
  });
});

it('shows as examples what the fixes really are: vitest -u writes them anew', async () => {
  // Not every fix can be had from an old server.
  if (version < 180000) return;
  const entries = [...fixes]
    .sort()
    .map(([id, sql]) => `  '${id}': \`${sql.replaceAll(/[\\`$]/g, '\\$&')}\`,\n`);
  const text = `/** One fix of each check that has any, as test/verifier/checks/registry.test.ts writes them down. */
export const EXAMPLE_FIXES: Readonly<Record<string, string>> = {
${entries.join('')}};
`;
  await expect(text).toMatchFileSnapshot(`${SOURCES}/examples.ts`);
});
