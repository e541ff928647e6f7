import { setTimeout as sleep } from 'node:timers/promises';
import { TenantctlError } from '../errors.js';
import type { OnEvent } from '../events.js';
import type { Client } from './connect.js';
import type { Database } from './database.js';
import { refuseTransactionPooler } from './pooler.js';
import { describeSession, SESSION_COLUMNS, type Session } from './sessions.js';

const POLL_MS = 200;
const REPORT_EVERY_MS = 5_000;

export interface LockOptions {
  /** What the lock protects, for messages: 'the migration lock'. */
  name: string;
  /** Locks are per database; two names must not collide by accident: hashed by the server. */
  key: string;
  waitMs: number;
  signal?: AbortSignal | undefined;
  /** Called at once and then every 5 s while another session holds the lock. */
  onWait?: ((holder: Session | undefined) => void) | undefined;
}

/**
 * Runs `work` while this connection holds a session advisory lock. The lock and the statements live on one connection,
 * so they die together: on a connection of its own it is free 3 ms after a SIGKILL while the statement goes on.
 *
 * It is polled in autocommit: a blocking pg_advisory_lock() holds a snapshot that CREATE INDEX CONCURRENTLY in the
 * other session waits for, which is a deadlock (flyway#1654).
 *
 * @throws TenantctlError retry, where the lock is not free within waitMs; usage, behind a pooler in transaction mode
 */
export async function withAdvisoryLock<T>(
  database: Database,
  client: Client,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await refuseTransactionPooler(database, client);
  await acquire(client, options);
  try {
    return await work();
  } finally {
    await client.query('select pg_advisory_unlock($1, hashtext($2))', [CLASS, options.key]).catch(() => {});
  }
}

/** The first half of every key of ours, 'tntc': other tools' two-part locks are elsewhere. */
const CLASS = 0x746e7463;

async function acquire(client: Client, options: LockOptions): Promise<void> {
  const started = Date.now();
  let nextReport = started;
  for (;;) {
    options.signal?.throwIfAborted();
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1, hashtext($2)) as locked',
      [CLASS, options.key],
    );
    if (rows[0]?.locked) return;
    const waited = Date.now() - started;
    if (waited >= options.waitMs) throw await timedOut(client, options);
    if (Date.now() >= nextReport) {
      options.onWait?.(await findLockHolder(client, options.key));
      nextReport = Date.now() + REPORT_EVERY_MS;
    }
    await sleep(Math.min(POLL_MS, options.waitMs - waited), undefined, { signal: options.signal });
  }
}

async function timedOut(client: Client, options: LockOptions): Promise<TenantctlError> {
  const holder = await findLockHolder(client, options.key);
  return new TenantctlError({
    kind: 'retry',
    code: 'LOCKED',
    message: `Cannot take ${options.name} within ${options.waitMs / 1000} s: ${describeHolder(holder)}.`,
    hint: 'wait for it, or give a longer --lock-wait; the lock goes with its session, never by hand',
  });
}

/** An `onWait` that tells who is waited for. */
export function announceWait(name: string, onEvent: OnEvent): (holder: Session | undefined) => void {
  return (holder) => onEvent({ kind: 'info', text: `Waiting for ${name}: ${describeHolder(holder)}` });
}

/** 'pid 4711 (tenantctl/migrate from 10.0.0.7, 93 s, "create index …") holds it'. */
export function describeHolder(holder: Omit<Session, 'backendStart'> | undefined): string {
  return holder ? `${describeSession(holder)} holds it` : 'another session held it a moment ago';
}

/** The session that holds the lock, if one does. */
export async function findLockHolder(client: Client, key: string): Promise<Session | undefined> {
  const { rows } = await client.query<Session>(
    `select ${SESSION_COLUMNS}
       from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where ${IS_OURS} and l.granted`,
    [CLASS, key],
  );
  return rows[0];
}

/** Whether it is this session that holds the lock: behind a pooler, a statement may come to another one. */
export async function holdsLock(client: Client, key: string): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_catalog.pg_locks l where ${IS_OURS} and l.granted and l.pid = pg_backend_pid()`,
    [CLASS, key],
  );
  return rows.length > 0;
}

/** For a query on pg_locks as `l`, with the class as $1 and the key as $2. */
const IS_OURS = `
  l.locktype = 'advisory' and l.objsubid = 2
    and l.classid = $1 and l.objid = (hashtext($2)::bigint & 4294967295)::oid
    and l.database = (select oid from pg_catalog.pg_database where datname = current_database())`;
