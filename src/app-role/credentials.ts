import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TenantctlError } from '../errors.js';
import type { Target } from '../postgres/server.js';
import type { ConnectionSettings } from '../postgres/settings.js';

/** The application's login, as `create-app-role --generate-password` keeps it. */
export interface Credentials {
  role: string;
  password: string;
}

/** What is in the file: the credentials, and for a reader which database they are for. */
interface CredentialsFile extends Credentials {
  server: string;
  database: string;
}

/**
 * The file for one role of one database: a file each, so that nothing has to be merged. An embedded server's port
 * changes with every start, so it is not part of the name.
 *
 * @param stateDirectory the project's `.tenantctl`
 */
export function credentialsPath(stateDirectory: string, target: Target, role: string): string {
  // Names may be longer than a file name can be, and hold any character.
  const key = JSON.stringify([serverOf(target), target.database, role]);
  const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return join(stateDirectory, 'credentials', `${name}.json`);
}

/** Keeps credentials in a 0600 file below the state directory; never half a file, whatever is killed. */
export async function writeCredentials(
  stateDirectory: string,
  target: Target,
  { role, password }: Credentials,
): Promise<void> {
  const path = credentialsPath(stateDirectory, target, role);
  const content: CredentialsFile = { server: serverOf(target), database: target.database, role, password };
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await prepareDirectory(stateDirectory);
  try {
    await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Makes the directory that writeCredentials needs, so that a place that cannot be written to is found out before the
 * password is changed.
 *
 * @throws TenantctlError usage
 */
export async function prepareDirectory(stateDirectory: string): Promise<void> {
  const directory = join(stateDirectory, 'credentials');
  const probe = join(directory, `.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    await writeFile(probe, '', { mode: 0o600, flag: 'wx' });
    await rm(probe);
  } catch (error) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'CREDENTIALS_UNWRITABLE',
      message: `Cannot keep the app role's password in ${directory}: ${reason(error)}.`,
      hint: 'give the password by APP_ROLE_PASSWORD or --password-file instead',
      cause: error,
    });
  }
}

/**
 * The credentials that were kept for a role of this database, or undefined.
 *
 * @throws TenantctlError usage, where others may read the file, or it is damaged
 */
export async function readCredentials(
  stateDirectory: string,
  target: Target,
  role: string,
): Promise<Credentials | undefined> {
  const path = credentialsPath(stateDirectory, target, role);
  const { mode } = (await stat(path).catch(ignoreMissing)) ?? {};
  if (mode === undefined) return undefined;
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    throw unusable(path, 'other users may read it', `chmod 600 ${path}`);
  }
  try {
    const { role: name, password } = JSON.parse(await readFile(path, 'utf8')) as CredentialsFile;
    if (name === role && typeof password === 'string') return { role, password };
  } catch (error) {
    throw unusable(path, reason(error), `rm ${path}, then tenantctl create-app-role --generate-password`);
  }
  throw unusable(path, 'it is damaged', `rm ${path}, then tenantctl create-app-role --generate-password`);
}

/** The same server and database as the other login; what belonged to the first one only is left out. */
export function settingsFor(settings: ConnectionSettings, credentials: Credentials): ConnectionSettings {
  const { options: _, ssl, ...rest } = settings;
  const { cert: _cert, key: _key, ...server } = ssl;
  return { ...rest, ssl: server, user: credentials.role, password: credentials.password };
}

function serverOf(target: Target): string {
  return target.embedded ? 'embedded' : `${target.host}:${target.port}`;
}

function unusable(path: string, cause: string, hint: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'CREDENTIALS_UNUSABLE',
    message: `Cannot use the app role's kept password in ${path}: ${cause}.`,
    hint,
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

function reason(error: unknown): string {
  // A JSON error quotes the text, which holds the password.
  if (error instanceof SyntaxError) return 'it is not JSON';
  return error instanceof Error ? error.message : String(error);
}
