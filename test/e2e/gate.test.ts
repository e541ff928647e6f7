import { once } from 'node:events';
import { expect, it } from 'vitest';
import { quoteIdent } from '../../src/identifiers.js';
import { finished } from '../support/cli.js';
import { bringUp, contents, notIsolated, openCheckout } from './checkout.js';

/** A fault, the object that a finding must name, and SQL that takes away what a fix leaves. */
const FAULTS: [name: string, sql: string, object: string][] = [
  [
    'owned by the app role, not forced',
    'ALTER TABLE credit_balances NO FORCE ROW LEVEL SECURITY; ALTER TABLE credit_balances OWNER TO :app',
    'credit_balances',
  ],
  ['row level security off', 'ALTER TABLE students DISABLE ROW LEVEL SECURITY', 'students'],
  ['a policy that is always true', 'CREATE POLICY everyone ON appointments USING (true)', 'appointments'],
  ['BYPASSRLS', 'ALTER ROLE :app BYPASSRLS', ':app'],
  [
    "a superuser's view",
    'CREATE VIEW roster AS SELECT * FROM students; GRANT SELECT ON roster TO :app',
    'roster',
  ],
];

it('from an empty database to a proven gate, through every fault and back', async () => {
  const booking = await bringUp();
  const { db, role } = booking;
  const proof = await booking.verify();
  expect(notIsolated(proof)).toEqual([]);
  expect(proof).toMatchObject({ exitCode: 0, verdict: 'isolated', findings: [] });
  expect(proof.relations.filter(({ class: kind }) => kind === 'tenant')).toHaveLength(11);

  for (const [name, sql, object] of FAULTS) {
    await db.query(sql.replaceAll(':app', quoteIdent(role)));
    const leaking = await booking.verify();
    expect(leaking, name).toMatchObject({ exitCode: 3, verdict: 'leaking' });
    const named = leaking.findings.filter((finding) => finding.object === object.replace(':app', role));
    const fixes = named.flatMap(({ fix }) => fix ?? []);
    expect(fixes.length, name).toBeGreaterThan(0);
    for (const fix of fixes) await db.query(fix);
    expect(await booking.verify(), name).toMatchObject({ exitCode: 0, verdict: 'isolated' });
  }
}, 180_000);

it('without a login of the application nothing is proven', async () => {
  const booking = await openCheckout();
  await booking.must('migrate');
  await booking.must('seed');
  const proof = await booking.verify();
  expect(proof).toMatchObject({ exitCode: 4, verdict: 'inconclusive' });
  expect(proof.lacking[0]?.remedy).toMatch(
    /tenantctl create-app-role --generate-password, or APP_DATABASE_URL/,
  );
  expect(await booking.verify({ APP_DATABASE_URL: booking.db.url })).toMatchObject({
    exitCode: 4,
    verdict: 'inconclusive',
  });
}, 60_000);

it('leaves every row as it was, also when it is killed', async () => {
  const booking = await bringUp();
  const before = await contents(booking);
  expect((await booking.verify()).exitCode).toBe(0);
  expect(await contents(booking)).toEqual(before);

  const open = () =>
    booking.db.query<{ state: string }>(
      `SELECT state FROM pg_stat_activity WHERE datname = current_database() AND usename = $1`,
      [booking.role],
    );
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const child = booking.spawn('verify-tenancy');
    const result = finished(child);
    while ((await open()).length === 0) {
      if (child.exitCode !== null) throw new Error('it ended before the probe began');
    }
    child.kill(signal);
    if (child.exitCode === null) await once(child, 'exit');
    const { exitCode, stdout } = await result;
    if (signal === 'SIGTERM') expect({ exitCode, stdout }).toEqual({ exitCode: 143, stdout: '' });
    for (let waited = 0; (await open()).length > 0; waited += 100) {
      expect(waited).toBeLessThan(5_000);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await contents(booking), signal).toEqual(before);
  }
  expect((await booking.verify()).exitCode).toBe(0);
}, 120_000);
