import { describe, expect, it } from 'vitest';
import { auditOf, baseConfig, useLeakBase } from '../../support/leaks.js';

const base = useLeakBase();

/** What becomes of a key by its fix: how the constraint and its index are defined then. */
async function mended(key: string, table = 'CREATE TABLE seats'): Promise<string[]> {
  await base.client.query(`${table} (tenant_id uuid NOT NULL REFERENCES tenants, label text, size int, ${key})${table.includes('parts') ? ' PARTITION BY LIST (label)' : ''};
    GRANT INSERT ON ALL TABLES IN SCHEMA public TO leak_app`);
  const { findings } = await auditOf(base.client, baseConfig('public'));
  const [found] = findings.filter(
    ({ check, object }) => check === 'unique-not-scoped' && /seats|parts/.test(object),
  );
  await base.client.query(found?.fix ?? 'no fix');
  const { rows } = await base.client.query<{ constraint: string; index: string }>(
    `SELECT pg_get_constraintdef(c.oid) AS constraint, pg_get_indexdef(c.conindid) AS index FROM pg_constraint c
     WHERE conrelid IN (to_regclass('seats'), to_regclass('parts')) AND contype IN ('u', 'p')`,
  );
  return rows.flatMap(({ constraint, index }) => [constraint, index.replace(/^.* ON (ONLY )?\S+ /, '')]);
}

describe('a unique constraint that is given the tenant keeps', () => {
  it.each([
    [
      'how full its pages are',
      'UNIQUE (label) WITH (fillfactor = 70)',
      'UNIQUE (tenant_id, label)',
      "WITH (fillfactor='70')",
    ],
    [
      'what it includes',
      'UNIQUE (label) INCLUDE (size)',
      'UNIQUE (tenant_id, label) INCLUDE (size)',
      'INCLUDE (size)',
    ],
    [
      'when it is checked',
      'UNIQUE (label) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED',
      'UNIQUE (tenant_id, label) DEFERRABLE INITIALLY DEFERRED',
      "WITH (fillfactor='70')",
    ],
  ])('%s', async (_what, key, constraint, index) => {
    expect(await mended(key)).toEqual([constraint, expect.stringContaining(index)]);
  });

  it('whether NULLs are distinct, from PostgreSQL 15 on', async () => {
    const { rows } = await base.client.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    );
    const [clause, expected] =
      (rows[0]?.version ?? 0) >= 150000
        ? ['NULLS NOT DISTINCT', 'UNIQUE NULLS NOT DISTINCT']
        : ['', 'UNIQUE'];
    const [constraint] = await mended(`UNIQUE ${clause} (label) WITH (fillfactor = 70)`);
    expect(constraint).toBe(`${expected} (tenant_id, label)`);
  });

  it('all of that on a partitioned table, too', async () => {
    expect(
      await mended(
        'UNIQUE (label) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED',
        'CREATE TABLE parts',
      ),
    ).toEqual([
      'UNIQUE (tenant_id, label) DEFERRABLE INITIALLY DEFERRED',
      expect.stringContaining("WITH (fillfactor='70')"),
    ]);
  });
});
