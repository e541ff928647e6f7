import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import { despiteLateCancel, reclaim } from '../../postgres/session.js';
import { readHead } from './state.js';
import { hasFingerprintTables } from './tables.js';
import { markRun, noteFound, takeFingerprint } from './take.js';

export interface Keeper {
  /** 'migrate'. */
  command: string;
  onEvent: OnEvent;
}

/**
 * Runs work that may change the schema, and takes the fingerprint after it, also where it fails: what it did is
 * tenantctl's doing, and what somebody else did before it stays drift. Where there are no tables for it, nothing is
 * kept: `migrate` makes them.
 */
export async function keepFingerprint<T>(client: Client, keeper: Keeper, work: () => Promise<T>): Promise<T> {
  if ((await hasFingerprintTables(client)) && !(await begin(client, keeper))) return work();
  try {
    return await work();
  } finally {
    await attempt(keeper, '`tenantctl status` cannot tell drift until the next run', () =>
      conclude(client, keeper.command),
    );
  }
}

/** @returns false where this role may not write to the fingerprint */
async function begin(client: Client, keeper: Keeper): Promise<boolean> {
  const marked = await attempt(keeper, 'what this command changes will show as drift', () =>
    markRun(client, keeper.command),
  );
  if (marked) await attempt(keeper, 'drift until now is forgotten', () => noteFound(client));
  return marked;
}

async function conclude(client: Client, command: string): Promise<void> {
  await despiteLateCancel(async () => {
    await reclaim(client);
    if (await hasFingerprintTables(client)) await takeFingerprint(client, command);
  });
}

/** Whether there is none that the schema could be compared with, though nobody is at work. */
export async function isFingerprintDue(client: Client): Promise<boolean> {
  const { state } = await readHead(client);
  return state !== 'comparable' && state !== 'running';
}

/** Takes the fingerprint where there was nothing else to do. */
export async function refreshFingerprint(
  client: Client,
  keeper: Keeper,
  createTables: () => Promise<void>,
): Promise<void> {
  await attempt(keeper, '`tenantctl status` cannot tell drift', async () => {
    await createTables();
    await takeFingerprint(client, keeper.command);
  });
}

/** The work itself matters more: what goes wrong here is a warning. */
async function attempt({ onEvent }: Keeper, consequence: string, act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    onEvent({
      kind: 'warning',
      text: `Cannot keep the fingerprint of the schema: ${cause}; ${consequence}.`,
    });
    return false;
  }
}
