import { setTimeout as sleep } from 'node:timers/promises';
import { TenantctlError } from '../errors.js';
import { type Client, isPooled } from './connect.js';
import type { Database } from './database.js';

const ROUNDS = 3;
const PATIENCE_MS = 3_000;

/**
 * Refuses to work through a pooler that gives each transaction another session: a session's lock would be left behind
 * in one that is by then somebody else's (goauthentik/authentik#23876). A pooler in session mode is as good as none.
 *
 * @throws TenantctlError usage, with the remedy
 */
export async function refuseTransactionPooler(database: Database, client: Client): Promise<void> {
  if (!isPooled(client)) return;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (await isShared(database, client)) throw pooledError();
  }
}

export function pooledError(): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'POOLED',
    message:
      'Cannot hold a lock on this connection: a pooler in transaction mode (PgBouncer or its like) gives each transaction another session.',
    hint: [
      'name the server itself, past the pooler',
      '  DIRECT_DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/DATABASE tenantctl …   (or DIRECT_DATABASE_URL_FILE)',
      '  tenantctl … --direct-url postgres://USER@HOST:5432/DATABASE',
    ].join('\n'),
  });
}

/**
 * Whether the session of this connection is lent to another one while it rests: a pooler in transaction mode hands over
 * the one that rested last, and one in session mode never.
 */
async function isShared(database: Database, client: Client): Promise<boolean> {
  const before = await currentBackend(client);
  let late = false;
  const second = database.connect(async (other) => {
    if (late) return false;
    await other.query('begin');
    const theirs = await currentBackend(other);
    // While the other one's transaction lasts, this connection has to be given another session.
    const shared = theirs === before || (await currentBackend(client)) !== before;
    await other.query('rollback');
    return shared;
  });
  // In session mode a pool that is used up lets the second one wait until this connection is closed.
  const timeout = sleep(PATIENCE_MS, undefined, { ref: false }).then(() => {
    late = true;
    return false;
  });
  second.catch(() => {});
  try {
    return await Promise.race([second, timeout]);
  } catch (error) {
    // 08P01: no transactions at all, in statement mode.
    if ((error as { code?: string }).code === '08P01') return true;
    throw error;
  }
}

async function currentBackend(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid;
}
