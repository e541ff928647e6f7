import { describe, expect, it } from 'vitest';
import { powerFindings } from '../../../src/verifier/probe/powers.js';
import { openShop } from './shop.js';

const HELD: [name: string, sql: string, since: number, finding: [key: string, severity: string]][] = [
  ['a table', 'GRANT CREATE ON SCHEMA public TO :app', 0, ['probe-power-held:"public"', 'warn']],
  [
    'triggers switched off',
    'GRANT SET ON PARAMETER session_replication_role TO :app',
    150000,
    ['probe-power-held:"session_replication_role"', 'error'],
  ],
  ['a role', 'ALTER ROLE :app CREATEROLE', 0, [':app', 'warn']],
  [
    'a privilege passed on',
    'GRANT SELECT ON kids TO :app WITH GRANT OPTION',
    0,
    ['probe-power-held:"public"."kids"', 'warn'],
  ],
];

describe('what only an owner should do', () => {
  it.each(HELD)('%s, is tried and taken back', async (_, sql, since, [key, severity]) => {
    const shop = await openShop();
    const [{ version } = { version: 0 }] = await shop.db.query<{ version: number }>(
      "SELECT current_setting('server_version_num')::int AS version",
    );
    if (version < since) return;
    await shop.plant(`REVOKE CREATE ON SCHEMA public FROM PUBLIC; ${sql}`);
    const before = await pictureOf(shop.db);
    const { result } = await shop.probe();
    const name = key === ':app' ? `probe-power-held:"${shop.login.role}"` : key;
    expect(powerFindings(result.powers, 'app')).toMatchObject([{ key: name, severity, evidence: 'probe' }]);
    expect(await pictureOf(shop.db)).toEqual(before);
    if (since > 0) await shop.plant('REVOKE SET ON PARAMETER session_replication_role FROM :app');
  });

  it('is nothing in a healthy database, nor under --read-only', async () => {
    const shop = await openShop();
    await shop.plant('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    expect((await shop.probe()).result.powers).toEqual([]);
    await shop.plant(`GRANT CREATE ON SCHEMA public TO :app;
      INSERT INTO tenants VALUES (gen_random_uuid(), 'one'), (gen_random_uuid(), 'two')`);
    expect((await shop.probe({}, { readOnly: true })).result.powers).toEqual([]);
  });
});

/** The relations with who holds what, and how many roles there are of the kind that a probe would make. */
function pictureOf(db: { query(sql: string): Promise<unknown[]> }) {
  return db.query(`SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT rolname, '' FROM pg_roles WHERE rolname LIKE 'tenantctl_probe_%' ORDER BY 1`);
}
