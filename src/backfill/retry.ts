import { setTimeout as sleep } from 'node:timers/promises';
import { sqlState } from '../postgres/errors.js';

const ATTEMPTS = 30;
const LONGEST_PAUSE_MS = 2_000;

/** lock_not_available, deadlock_detected, serialization_failure: the next attempt may well succeed. */
const TRANSIENT = ['55P03', '40P01', '40001'];

/**
 * Tries work again that lost against other sessions' locks. One attempt waits a second at most, since whoever comes
 * after it waits too; so it takes several.
 *
 * @param work leaves nothing behind where it fails
 * @throws the last attempt's error
 */
export async function patiently<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !TRANSIENT.includes(sqlState(error) ?? '')) throw error;
      const pause = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** attempt);
      // Not in step with whoever else tries.
      await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
}
