import { createConnection } from 'node:net';
import type { Client } from 'pg';
import type { ConnectionSettings } from './settings.js';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CANCELREQUEST */
const CANCEL_REQUEST = 80877102;
const PATIENCE_MS = 5_000;

/** What BackendKeyData gave to this connection; pg's types leave it out. */
interface Keyed {
  processID?: number | null;
  secretKey?: number | null;
}

/**
 * Asks the server to cancel what runs on a connection, by the key that was given to it: without a login, and so also
 * where the role, or the server, has no connection left. It never answers, and takes plain text whatever pg_hba.conf says.
 */
export async function requestCancel(
  { host, port }: Pick<ConnectionSettings, 'host' | 'port'>,
  client: Client,
): Promise<void> {
  const { processID, secretKey } = client as Client & Keyed;
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return;
  const request = Buffer.alloc(16);
  for (const [at, word] of [request.length, CANCEL_REQUEST, processID, secretKey].entries()) {
    request.writeInt32BE(word, 4 * at);
  }
  await new Promise<void>((resolve) => {
    const place = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
    const socket = createConnection(place, () => socket.end(request));
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}
