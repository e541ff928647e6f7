import { setTimeout as sleep } from 'node:timers/promises';
import type { OnEvent } from '../events.js';
import { chainedSqlState } from '../postgres/step-failure.js';

const ATTEMPTS = 30;
const LONGEST_PAUSE_MS = 2_000;
const REPORT_EVERY_MS = 5_000;

/** lock_not_available, deadlock_detected, serialization_failure: the next attempt may well succeed. */
const TRANSIENT = ['55P03', '40P01', '40001'];

export interface Wait {
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/**
 * Tries work again that lost against other sessions' locks. One attempt waits a second at most, since whoever comes
 * after it waits too; so it takes several.
 *
 * @param work leaves nothing behind where it fails
 * @throws the last attempt's error
 */
export async function patiently<T>({ onEvent, signal }: Wait, work: () => Promise<T>): Promise<T> {
  let nextReport = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !TRANSIENT.includes(chainedSqlState(error) ?? '')) throw error;
      if (Date.now() >= nextReport) {
        const cause = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
        onEvent({ kind: 'info', text: `${cause}; attempt ${attempt + 1} of ${ATTEMPTS} follows.` });
        nextReport = Date.now() + REPORT_EVERY_MS;
      }
      const pause = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** attempt);
      // Not in step with whoever else tries.
      await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
}
