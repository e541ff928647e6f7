import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { TenantctlError } from '../errors.js';
import type { SslMode, SslSettings } from './settings.js';

/** One way to try a connection: `false` is plain text. */
export type TlsAttempt = ConnectionOptions | false;

/**
 * What to try, in order, for a libpq `sslmode`. node-postgres gives `require` and `prefer` another meaning
 * (node-postgres#2375), so they are spelled out here, after
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION.
 *
 * @throws TenantctlError usage, where a certificate file cannot be read
 */
export async function tlsAttempts(ssl: SslSettings, host: string): Promise<TlsAttempt[]> {
  if (ssl.mode === 'disable' || host.startsWith('/')) return [false];
  const encrypted = await encryptedAttempt(ssl);
  if (ssl.mode === 'allow') return [false, encrypted];
  if (ssl.mode === 'prefer') return [encrypted, false];
  return [encrypted];
}

async function encryptedAttempt(ssl: SslSettings): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([readRootCert(ssl), readPem(ssl.cert), readPem(ssl.key)]);
  const verification = verificationFor(ssl.mode, ca !== undefined);
  return {
    rejectUnauthorized: verification !== 'none',
    ...(verification === 'chain' && { checkServerIdentity: () => undefined }),
    ...(verification !== 'none' && ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

/** libpq: `require` with a root certificate present behaves as `verify-ca`, for backward compatibility. */
function verificationFor(mode: SslMode, hasRootCert: boolean): 'none' | 'chain' | 'host' {
  if (mode === 'verify-full') return 'host';
  if (mode === 'verify-ca' || (mode === 'require' && hasRootCert)) return 'chain';
  return 'none';
}

/** `system` means the platform's own authorities; without a name, libpq looks in ~/.postgresql/root.crt. */
async function readRootCert(ssl: SslSettings): Promise<string | undefined> {
  if (ssl.rootCert === 'system') return undefined;
  if (ssl.rootCert !== undefined) return readPem(ssl.rootCert);
  if (ssl.mode === 'prefer' || ssl.mode === 'allow') return undefined;
  return readFile(join(homedir(), '.postgresql', 'root.crt'), 'utf8').catch(() => undefined);
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new TenantctlError({
      kind: 'usage',
      code: 'CERTIFICATE_UNREADABLE',
      message: `Cannot read the certificate file ${path}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'check sslrootcert, sslcert and sslkey',
      cause: error,
    });
  });
}
