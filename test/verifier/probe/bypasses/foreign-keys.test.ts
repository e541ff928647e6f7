import { describe, expect, it } from 'vitest';
import { isolate, openShop } from '../shop.js';

/** A reference from kids to parents that leaves the tenant out. */
const reference = (actions = '', column = 'ref uuid') =>
  `ALTER TABLE parents ADD key uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;
   ALTER TABLE kids ADD ${column} REFERENCES parents (key) ${actions}`;

const REFERS = 'update made its row refer to another tenant';
const HELD = 'delete was refused a change of its own row';

const CROSSED: [name: string, sql: string, details: string[]][] = [
  ['that refuses a DELETE', reference(), [REFERS, HELD, 'update was refused a change of its own row']],
  [
    'RESTRICT',
    reference('ON DELETE RESTRICT ON UPDATE CASCADE'),
    [REFERS, HELD, "update changed another tenant's row"],
  ],
  [
    'CASCADE',
    reference('ON DELETE CASCADE ON UPDATE CASCADE'),
    [REFERS, "delete removed another tenant's row", "update changed another tenant's row"],
  ],
  [
    'SET NULL',
    reference('ON DELETE SET NULL ON UPDATE SET NULL'),
    [REFERS, "delete changed another tenant's row", "update changed another tenant's row"],
  ],
  [
    'that may not be NULL, in rows that cannot be changed',
    `${reference('ON DELETE CASCADE', 'ref uuid NOT NULL')}; REVOKE UPDATE ON kids, parents FROM :app`,
    ['insert made its row refer to another tenant', "delete removed another tenant's row"],
  ],
];

describe('a foreign key that leaves the tenant out', () => {
  it.each(CROSSED)('%s', async (_, sql, details) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, notDenied } = await shop.probe();
    const told = notDenied('kids').map(({ command, detail }) => `${command} ${detail}`);
    expect(told).toEqual(details.map((detail) => expect.stringContaining(detail)));
    expect(found).toContain('probe-reference-crosses kids');
    expect(found.includes('probe-cascade-crosses kids')).toBe(
      details.some((detail) => / (removed|changed) /.test(detail)),
    );
  });

  it('to a row of the same table', async () => {
    const shop = await openShop();
    await shop.plant(
      'ALTER TABLE parents ADD UNIQUE (id), ADD above uuid REFERENCES parents (id) ON DELETE CASCADE',
    );
    const { found } = await shop.probe();
    expect(found).toEqual(['probe-cascade-crosses parents', 'probe-reference-crosses parents']);
  });

  it('to tenants that exist', async () => {
    const shop = await openShop();
    await shop.plant(`${reference('ON DELETE CASCADE')};
      INSERT INTO tenants VALUES (gen_random_uuid(), 'one'), (gen_random_uuid(), 'two');
      REVOKE INSERT ON tenants FROM :app`);
    const { found } = await shop.probe();
    expect(found).toEqual(['probe-cascade-crosses kids', 'probe-reference-crosses kids']);
  });

  it('leaves nothing behind', async () => {
    const shop = await openShop();
    await shop.plant(reference('ON DELETE CASCADE'));
    await shop.probe();
    expect(await shop.db.query('SELECT FROM parents UNION ALL SELECT FROM kids')).toEqual([]);
  });
});

describe('a foreign key that carries the tenant', () => {
  it('gives a row away with SET DEFAULT', async () => {
    const shop = await openShop();
    await shop.plant(`CREATE TABLE notes (tenant_id uuid NOT NULL DEFAULT '11111111-1111-4111-8111-111111111111', parent uuid,
      FOREIGN KEY (tenant_id, parent) REFERENCES parents ON DELETE SET DEFAULT); ${isolate('notes')}`);
    const { found, notDenied } = await shop.probe();
    expect(found).toEqual(['probe-cascade-crosses notes']);
    expect(notDenied('notes').map(({ detail }) => detail)).toEqual([
      'gave a row of its own to another tenant',
    ]);
  });

  it.each([
    [
      'takes nothing of another tenant along',
      'ALTER TABLE kids ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES parents ON DELETE CASCADE',
    ],
    [
      'sets the default of whoever deletes',
      `CREATE TABLE notes (tenant_id uuid NOT NULL DEFAULT current_setting('app.tenant_id')::uuid, parent uuid,
        FOREIGN KEY (tenant_id, parent) REFERENCES parents ON DELETE SET DEFAULT); ${isolate('notes')}`,
    ],
  ])('%s', async (_, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, verdicts } = await shop.probe();
    expect({ found, verdicts }).toEqual({ found: [], verdicts: {} });
  });
});
