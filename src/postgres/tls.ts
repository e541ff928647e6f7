import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Client } from 'pg';
import { TenantctlError } from '../errors.js';
import { type SslMode, type SslSettings, SYSTEM_ROOTS } from './settings.js';

/** One way to try a connection: `false` is plain text. */
export type TlsAttempt = ConnectionOptions | false;

/**
 * What to try, in order, for a libpq `sslmode`. node-postgres gives `require` and `prefer` another meaning
 * (node-postgres#2375), so they are spelled out here, after
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION.
 *
 * @throws TenantctlError usage, where a certificate file cannot be read or there is none to verify with
 */
export async function tlsAttempts(ssl: SslSettings, host: string): Promise<TlsAttempt[]> {
  if (ssl.mode === 'disable' || host.startsWith('/')) return [false];
  const encrypted = await encryptedAttempt(ssl, host);
  if (ssl.mode === 'allow') return [false, encrypted];
  if (ssl.mode === 'prefer') return [encrypted, false];
  return [encrypted];
}

/**
 * Has a connection that is being made with TLS go on in plain text where the server answers that it has none, as libpq does.
 * The driver gives up there, and making another connection takes the server as long as all else about it.
 */
export function allowPlainText({ connection }: Client): void {
  const { stream } = connection;
  const [judge, ...others] = stream.listeners('data');
  // Of another version of the driver, perhaps: then there is the second attempt.
  if (!judge || others.length > 0) return;
  stream.removeAllListeners('data');
  stream.once('data', (answer: Buffer) => {
    if (answer.toString('latin1') !== 'N') return judge.call(stream, answer);
    (connection as typeof connection & { attachListeners(from: typeof stream): void }).attachListeners(
      stream,
    );
    connection.emit('sslconnect');
  });
}

async function encryptedAttempt(ssl: SslSettings, host: string): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([readRootCert(ssl), readPem(ssl.cert), readPem(ssl.key)]);
  const verification = verificationFor(ssl.mode, ca !== undefined);
  return {
    rejectUnauthorized: verification !== 'none',
    checkServerIdentity: verification === 'host' ? await identityCheck(host) : () => undefined,
    ...(verification !== 'none' && ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

/** Given an address instead of a name, node-postgres sets no server name, and Node would check for "localhost". */
async function identityCheck(host: string): Promise<NonNullable<ConnectionOptions['checkServerIdentity']>> {
  // Loading it takes longer than a connection without it.
  const { checkServerIdentity } = await import('node:tls');
  return (_name, certificate) => checkServerIdentity(host, certificate);
}

/** libpq: `require` with a root certificate present behaves as `verify-ca`, for backward compatibility. */
function verificationFor(mode: SslMode, hasRootCert: boolean): 'none' | 'chain' | 'host' {
  if (mode === 'verify-full') return 'host';
  if (mode === 'verify-ca' || (mode === 'require' && hasRootCert)) return 'chain';
  return 'none';
}

/** Without a name, libpq looks in ~/.postgresql/root.crt; undefined means the platform's own authorities, or none. */
async function readRootCert(ssl: SslSettings): Promise<string | undefined> {
  if (ssl.rootCert === SYSTEM_ROOTS) return undefined;
  if (ssl.rootCert !== undefined) return readPem(ssl.rootCert);
  if (ssl.mode === 'prefer' || ssl.mode === 'allow') return undefined;
  const path = usersRootCert();
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (content !== undefined || ssl.mode === 'require') return content;
  throw new TenantctlError({
    kind: 'usage',
    code: 'NO_ROOT_CERTIFICATE',
    message: `Cannot verify the server with sslmode=${ssl.mode}: no authority is named, and there is no ${path}.`,
    hint: `sslrootcert=FILE names the authority; sslrootcert=${SYSTEM_ROOTS} with sslmode=verify-full trusts the public ones`,
  });
}

/** A container's arbitrary user id has no home in /etc/passwd; then Node throws. */
function usersRootCert(): string {
  let home = '~';
  try {
    home = homedir();
  } catch {}
  return join(home, '.postgresql', 'root.crt');
}

const PEM = /^\s*-----BEGIN /;

/** A knexfile holds the certificate itself where a URL names its file. */
async function readPem(value: string | undefined): Promise<string | undefined> {
  if (value === undefined || PEM.test(value)) return value;
  return readFile(value, 'utf8').catch((error: unknown) => {
    throw new TenantctlError({
      kind: 'usage',
      code: 'CERTIFICATE_UNREADABLE',
      message: `Cannot read the certificate file ${value}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'check sslrootcert, sslcert and sslkey',
      cause: error,
    });
  });
}
