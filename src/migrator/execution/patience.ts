import { setTimeout as sleep } from 'node:timers/promises';
import type { OnEvent } from '../../events.js';
import { backendPid, type Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import { describeSession, findBlockers, type Session } from '../../postgres/sessions.js';
import { chainedSqlState } from '../../postgres/step-failure.js';

/** How often work is tried that another session's lock keeps from being done. */
export const LOCK_ATTEMPTS = 30;
const REPORT_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/** 55P03 lock_not_available, 40P01 deadlock_detected: gone when the other session is done. */
const IN_THE_WAY = new Set(['55P03', '40P01']);

/** Whether work failed only because another session had a lock. */
export function isInTheWay(error: unknown): boolean {
  return IN_THE_WAY.has(chainedSqlState(error) ?? '');
}

export interface Patience {
  database: Database;
  client: Client;
  attempts: number;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/**
 * Tries work again where a lock was not to be had in the short time that lock_timeout gives: waiting for it longer would
 * have everybody else wait behind. Who is in the way is asked of the server over a second connection, while it is.
 *
 * @param what for messages
 * @param mayRepeat whether the failed attempt left nothing behind
 * @throws the last attempt's error, with who was in the way as `blockersOf` tells
 */
export async function withPatience<T>(
  { database, client, attempts, onEvent, signal }: Patience,
  what: string,
  work: () => Promise<T>,
  mayRepeat: () => Promise<boolean>,
): Promise<T> {
  const watch = new BlockerWatch(database, client);
  let nextReport = 0;
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isInTheWay(error)) throw error;
        noteBlockers(error, watch.seen);
        if (attempt >= attempts || signal?.aborted || !(await mayRepeat())) throw error;
        if (Date.now() >= nextReport) {
          const text = `${what}: a lock was not to be had (${describe(watch.seen)}); attempt ${attempt + 1} of ${attempts} follows.`;
          onEvent({ kind: 'info', text });
          if (watch.seen.length > 0) nextReport = Date.now() + REPORT_EVERY_MS;
        }
        watch.start();
        await sleep(pauseAfter(attempt), undefined, { signal });
      }
    }
  } finally {
    watch.stop();
  }
}

/** Jittered, so that two that are in each other's way do not meet again. */
function pauseAfter(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, 100 * 1.25 ** attempt) * (0.5 + Math.random());
}

function describe(blockers: readonly Session[]): string {
  return blockers.length === 0 ? 'who has it is being watched for' : blockers.map(describeSession).join('; ');
}

const blockers = new WeakMap<object, readonly Session[]>();

function noteBlockers(error: unknown, seen: readonly Session[]): void {
  if (typeof error === 'object' && error !== null) blockers.set(error, seen);
}

/** Who was in the way when the last attempt failed. */
export function blockersOf(error: unknown): readonly Session[] {
  return (typeof error === 'object' && error !== null && blockers.get(error)) || [];
}

/** Looks, over a connection of its own, whom this one waits for. */
class BlockerWatch {
  seen: readonly Session[] = [];
  #running = false;

  constructor(
    readonly database: Database,
    readonly client: Client,
  ) {}

  start(): void {
    if (this.#running) return;
    this.#running = true;
    // Without a second connection nobody is named; the work goes on all the same.
    this.database.connect((observer) => this.#watch(observer)).catch(() => {});
  }

  stop(): void {
    this.#running = false;
  }

  async #watch(observer: Client): Promise<void> {
    while (this.#running) {
      const found = await findBlockers(observer, backendPid(this.client));
      if (found.length > 0) this.seen = found;
      await sleep(LOOK_EVERY_MS);
    }
  }
}
