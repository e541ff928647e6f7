import type { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import * as advisory from '../../src/postgres/advisory-lock.js';
import { describeHolder, type LockOptions } from '../../src/postgres/advisory-lock.js';
import type { Session } from '../../src/postgres/sessions.js';
import { databaseAt } from '../support/connect.js';
import { createTestDatabase, useTestDatabase } from '../support/database.js';

const db = useTestDatabase();

const lock = (overrides: Partial<LockOptions> = {}): LockOptions => ({
  name: 'the test lock',
  key: 'test',
  waitMs: 5_000,
  ...overrides,
});

const withAdvisoryLock = async <T>(client: Client, options: LockOptions, work: () => Promise<T>) =>
  advisory.withAdvisoryLock(await databaseAt(db.url), client, options, work);

/** Takes the lock on a connection of its own and keeps it until `letGo`. */
async function hold(key = 'test', database = db) {
  const client = await database.client();
  let letGo = () => {};
  const kept = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let taken = () => {};
  const isTaken = new Promise<void>((resolve) => {
    taken = resolve;
  });
  const done = withAdvisoryLock(client, lock({ key }), () => {
    taken();
    return kept;
  });
  await isTaken;
  return {
    client,
    release: () => {
      letGo();
      return done;
    },
  };
}

describe('withAdvisoryLock', () => {
  it('lets one in at a time, and the next one when the first is done', async () => {
    const holder = await hold();
    const order: string[] = [];
    const second = withAdvisoryLock(await db.client(), lock(), async () => {
      order.push('second');
    });
    setTimeout(() => {
      order.push('first is done');
      void holder.release();
    }, 300);
    await second;
    expect(order).toEqual(['first is done', 'second']);
  });

  it('lets go when the work throws', async () => {
    const client = await db.client();
    const failed = withAdvisoryLock(client, lock(), () => Promise.reject(new Error('mine')));
    await expect(failed).rejects.toThrow('mine');
    expect(await withAdvisoryLock(await db.client(), lock({ waitMs: 0 }), async () => 'free')).toBe('free');
  });

  it('gives up in time and names the holder', async () => {
    const holder = await hold();
    const waiting: (Session | undefined)[] = [];
    const waiter = withAdvisoryLock(
      await db.client(),
      lock({ waitMs: 300, onWait: (found) => waiting.push(found) }),
      async () => {},
    );
    await expect(waiter).rejects.toMatchObject({
      kind: 'retry',
      code: 'LOCKED',
      message: expect.stringMatching(
        /^Cannot take the test lock within 0\.3 s: pid \d+ \(tenantctl-test from \S+, \d+ s, "select pg_try.*"\) holds it\.$/,
      ),
      hint: expect.stringContaining('--lock-wait'),
    });
    expect(waiting).toEqual([expect.objectContaining({ application: 'tenantctl-test' })]);
    await holder.release();
  });

  it('names the holder again every five seconds', async () => {
    const holder = await hold();
    const told: number[] = [];
    const started = Date.now();
    const onWait = () => told.push(Date.now() - started);
    const waiter = withAdvisoryLock(await db.client(), lock({ waitMs: 6_000, onWait }), async () => {});
    await expect(waiter).rejects.toMatchObject({ code: 'LOCKED' });
    expect(told).toHaveLength(2);
    expect(told[1]).toBeGreaterThanOrEqual(5_000);
    await holder.release();
  });

  it('is free as soon as its session is gone', async () => {
    const holder = await hold();
    await db.query('select pg_terminate_backend($1)', [
      (holder.client as unknown as { processID: number }).processID,
    ]);
    expect(await withAdvisoryLock(await db.client(), lock({ waitMs: 2_000 }), async () => 'free')).toBe(
      'free',
    );
    await holder.release();
  });

  it('stops waiting when it is aborted', async () => {
    const holder = await hold();
    const controller = new AbortController();
    const waiter = withAdvisoryLock(await db.client(), lock({ signal: controller.signal }), async () => {});
    setTimeout(() => controller.abort(), 100);
    await expect(waiter).rejects.toThrow(/abort/);
    await holder.release();
  });

  it('with another key, or in another database, is another lock', async () => {
    const other = await createTestDatabase();
    const holders = [await hold(), await hold('other'), await hold('test', other)];
    await Promise.all(holders.map((holder) => holder.release()));
    await other.drop();
  });

  it('does not deadlock with CREATE INDEX CONCURRENTLY in the session that holds it', async () => {
    await db.query('create table indexed (a int)');
    const holder = await hold();
    const waiter = withAdvisoryLock(await db.client(), lock(), async () => 'then');
    await holder.client.query('create index concurrently indexed_a on indexed (a)');
    await holder.release();
    expect(await waiter).toBe('then');
  });
});

it('describeHolder says who', () => {
  expect(
    describeHolder({
      pid: 4711,
      application: 'tenantctl/migrate',
      address: '10.0.0.7',
      ageSeconds: 93,
      query: 'x',
    }),
  ).toBe('pid 4711 (tenantctl/migrate from 10.0.0.7, 93 s, "x") holds it');
  expect(describeHolder(undefined)).toBe('another session held it a moment ago');
});
