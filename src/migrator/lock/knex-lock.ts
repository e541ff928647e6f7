import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryResult } from 'pg';
import { TenantctlError } from '../../errors.js';
import type { OnEvent } from '../../events.js';
import { quoteLiteral, quoteName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import { sqlState } from '../../postgres/errors.js';
import { despiteLateCancel, reclaim } from '../../postgres/session.js';
import {
  describeSession,
  findOtherPrograms,
  findWriters,
  OWN_START,
  ownStart,
  type Session,
} from '../../postgres/sessions.js';
import { rollBack } from '../../postgres/transaction.js';
import { HOLDER, isLedgerComplete, type Ledger, lockTable } from '../ledger/ledger.js';
import type { LockWait } from './lock.js';

const POLL_MS = 200;
const REPORT_EVERY_MS = 5_000;

/**
 * Runs `work` while knex's own lock is set, so that a knex CLI that is started meanwhile refuses to begin. It is set and
 * committed: holding the row FOR UPDATE instead has a waiting knex hold a snapshot, which CREATE INDEX CONCURRENTLY in
 * this session would wait for. Needs the advisory lock: of tenantctl's runs only one comes here.
 *
 * @throws TenantctlError retry, where another has it: a knex CLI at work, or one that was killed
 */
export async function withKnexLock<T>(
  client: Client,
  ledger: Ledger,
  wait: LockWait,
  work: () => Promise<T>,
): Promise<T> {
  const version = await acquire(client, ledger, wait);
  try {
    return await work();
  } finally {
    await release(client, ledger, version);
  }
}

type Attempt =
  | { kind: 'taken'; version: string; cleared: number | undefined }
  /** A transaction has the row; or it was set and committed; or knex is about to put it there. */
  | { kind: 'held' | 'set' | 'empty' };

type Busy = Exclude<Attempt['kind'], 'taken'>;

/** So long knex does not take to put its row into the table that it has made: it was stopped there. */
const EMPTY_MS = 2_000;

async function acquire(client: Client, ledger: Ledger, wait: LockWait): Promise<string> {
  const started = Date.now();
  let nextReport = started;
  for (;;) {
    wait.signal?.throwIfAborted();
    const attempt = await tryTake(client, ledger);
    if (attempt.kind === 'taken') {
      tellCleared(attempt.cleared, wait.onEvent);
      return attempt.version;
    }
    const waited = Date.now() - started;
    if (attempt.kind === 'empty' && waited >= EMPTY_MS) await putRow(client, ledger);
    if (waited >= wait.lockWaitMs) throw await timedOut(client, ledger, wait.lockWaitMs, attempt.kind);
    if (Date.now() >= nextReport) {
      const text = `Waiting for knex's lock: ${await describeBusy(client, ledger, attempt.kind)}`;
      wait.onEvent({ kind: 'info', text });
      nextReport = Date.now() + REPORT_EVERY_MS;
    }
    await sleep(Math.min(POLL_MS, wait.lockWaitMs - waited), undefined, { signal: wait.signal });
  }
}

/**
 * Where there is nothing to run: lets go of the lock all the same where a run of ours left it set, killed at its very end.
 * Whatever another program has set stays. Needs the advisory lock.
 */
export async function clearAbandoned(client: Client, ledger: Ledger, onEvent: OnEvent): Promise<void> {
  if (!(await isLedgerComplete(client, ledger))) return;
  const attempt = await tryTake(client, ledger);
  if (attempt.kind !== 'taken') return;
  tellCleared(attempt.cleared, onEvent);
  await release(client, ledger, attempt.version);
}

function tellCleared(pid: number | undefined, onEvent: OnEvent): void {
  if (pid === undefined) return;
  onEvent({
    kind: 'info',
    text: `Cleared knex's lock: tenantctl had set it in session ${pid}, which is gone.`,
  });
}

interface LockRow {
  locked: boolean;
  /** The session of ours that set it, where it is still as that session set it. */
  pid: number | null;
  alive: boolean;
}

async function tryTake(client: Client, ledger: Ledger): Promise<Attempt> {
  try {
    const attempt = await take(client, ledger);
    if (attempt.kind !== 'taken') await client.query('rollback');
    return attempt;
  } catch (error) {
    await rollBack(client);
    if (sqlState(error) === '55P03') return { kind: 'held' };
    throw error;
  }
}

async function take(client: Client, ledger: Ledger): Promise<Attempt> {
  const lock = quoteName(lockTable(ledger));
  const name = quoteLiteral(quoteName(ledger));
  // A pid is given out again; with the time its session began it is not. The xmin tells our own setting of the lock
  // from one that knex made after somebody unlocked ours.
  const looked: unknown = await client.query(
    `begin; ${OWN_START};
     select l.is_locked = 1 as locked, h.pid,
            exists (select from pg_catalog.pg_stat_activity a
                     where a.pid = h.pid and coalesce(a.backend_start, h.backend_start) = h.backend_start) as alive
       from ${lock} l left join ${HOLDER} h on h.ledger = ${name} and h.row_version = l.xmin::text
        for update of l nowait`,
  );
  const answers = looked as QueryResult[];
  const rows: LockRow[] = answers.at(-1)?.rows ?? [];
  const theirs = rows.some(({ locked, pid, alive }) => locked && (pid === null || alive));
  if (rows.length === 0) return { kind: 'empty' };
  if (theirs) return { kind: 'set' };
  const set: unknown = await client.query(
    `with locked as (update ${lock} set is_locked = 1 returning xmin::text as version)
     insert into ${HOLDER} (ledger, pid, backend_start, row_version, host)
     select ${name}, pg_backend_pid(), ${quoteLiteral(ownStart(answers))}, version, ${quoteLiteral(hostname())}
       from locked limit 1
     on conflict (ledger) do update
       set (pid, backend_start, row_version, role, host, taken_at) =
           (excluded.pid, excluded.backend_start, excluded.row_version, excluded.role, excluded.host, excluded.taken_at)
     returning row_version as version;
     commit`,
  );
  const [taken] = set as QueryResult<{ version: string }>[];
  const cleared = rows.find(({ locked }) => locked)?.pid ?? undefined;
  return { kind: 'taken', version: taken?.rows[0]?.version ?? '', cleared };
}

async function putRow(client: Client, ledger: Ledger): Promise<void> {
  const lock = quoteName(lockTable(ledger));
  await client.query(`insert into ${lock} (is_locked) select 0 where not exists (select from ${lock})`);
}

/** Where the connection is gone, the next run finds our mark and clears it. */
async function release(client: Client, ledger: Ledger, version: string): Promise<void> {
  const lock = quoteName(lockTable(ledger));
  const set = quoteLiteral(version);
  const letGo = async () => {
    // By itself: of a file's settings some hold for the message that resets them, too.
    await reclaim(client);
    await client.query(
      `with freed as (update ${lock} set is_locked = 0 where is_locked = 1 and xmin::text = ${set})
       delete from ${HOLDER} where ledger = ${quoteLiteral(quoteName(ledger))} and row_version = ${set}`,
    );
  };
  await despiteLateCancel(letGo).catch(() => {});
}

async function timedOut(client: Client, ledger: Ledger, waitMs: number, busy: Busy): Promise<TenantctlError> {
  return new TenantctlError({
    kind: 'retry',
    code: 'KNEX_LOCKED',
    message: `Cannot take knex's lock within ${waitMs / 1000} s: ${await describeBusy(client, ledger, busy)}.`,
    hint: 'wait for it, or give a longer --lock-wait; where no knex process is left: tenantctl migrate unlock',
  });
}

async function describeBusy(client: Client, ledger: Ledger, busy: Busy): Promise<string> {
  const lock = quoteName(lockTable(ledger));
  if (busy === 'empty') return `${lock} has no row yet, which knex is about to put there`;
  if (busy === 'held')
    return `${names(await findWriters(client, lock), 'a session that is gone by now')} has its row`;
  const likely = names(await findOtherPrograms(client), 'none is there');
  return `is_locked = 1 in ${lock}: a knex CLI is at work, or was killed and left it; sessions that it may be: ${likely}`;
}

function names(sessions: readonly Session[], otherwise: string): string {
  return sessions.length === 0 ? otherwise : sessions.map(describeSession).join('; ');
}
