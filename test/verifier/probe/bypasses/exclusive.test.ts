import { describe, expect, it } from 'vitest';
import { openShop } from '../shop.js';

const ROWS = `INSERT INTO tenants VALUES (gen_random_uuid(), 'one'); INSERT INTO parents (tenant_id) SELECT id FROM tenants;
  INSERT INTO kids (tenant_id, parent_id) SELECT tenant_id, id FROM parents`;

const CASES: [what: string, sql: string, crossings: string[], omitted: string[]][] = [
  ['TRUNCATE', 'GRANT TRUNCATE ON kids TO :app', ['probe-delete-crosses kids'], ['TRUNCATE']],
  [
    'to switch policies off, as their owner',
    'ALTER TABLE kids OWNER TO :app',
    ['probe-delete-crosses kids', 'probe-select-crosses kids'],
    ['TRUNCATE', 'ALTER TABLE'],
  ],
];

describe('what needs a whole table', () => {
  it.each(CASES)('%s, is tried where nobody has rows', async (_, sql, crossings) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, verdicts } = await shop.probe();
    expect({ found, verdicts }).toEqual({ found: crossings, verdicts: { kids: 'leaking' } });
  });

  it.each(CASES)('%s, is left out where it would lock readers out', async (_, sql, __, omitted) => {
    const shop = await openShop();
    await shop.plant(`${sql}; ${ROWS}`);
    const { found, relation } = await shop.probe();
    const reason = 'it would lock out every reader; the privilege alone is a finding';
    expect({ found, omissions: relation('kids').omissions }).toEqual({
      found: [],
      omissions: omitted.map((what) => ({ what, reason, required: false })),
    });
  });

  it('does not wait for a lock', async () => {
    const shop = await openShop();
    await shop.plant('GRANT TRUNCATE ON kids TO :app');
    const reader = await shop.db.client();
    await reader.query('BEGIN; LOCK TABLE kids IN ACCESS SHARE MODE');
    expect((await shop.probe()).found).toEqual([]);
  });
});
