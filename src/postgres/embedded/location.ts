import { access, constants, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { TenantctlError } from '../../errors.js';
import { type Account, canEnter, serverAccount } from './accounts.js';
import { findNative, type Programs, preparePrograms } from './binaries.js';
import { homeForRoot } from './root-home.js';

/**
 * Where the server lives, who runs it, and with which programs. The home's layout:
 *
 *     .tenantctl/postgres/     or, for root where the server's account cannot enter the checkout, a symbolic link to
 *                              a directory of the machine's state, /var/lib/tenantctl-XXXXXX
 *       cluster/data/          the data directory
 *       cluster/password       the superuser's password, mode 0600
 *       native-<version>/      a copy of the programs, only where the installed ones cannot be run in place
 *       server.log
 *       checkout               only behind a link: the .tenantctl that it belongs to
 */
export interface Location {
  home: string;
  account: Account | undefined;
  programs: Programs;
}

/**
 * Finds or makes the server's home. An ordinary user runs the server as himself; for root see `serverAccount`.
 *
 * @param directory absolute path of the project's `.tenantctl`
 * @param native the `native` folder of the PostgreSQL to run
 * @throws TenantctlError EMBEDDED_MISSING, EMBEDDED_UNUSABLE, EMBEDDED_NOT_YOURS, EMBEDDED_NO_ACCOUNT, EMBEDDED_NO_PLACE
 */
export async function locate(directory: string, native: string = findNative()): Promise<Location> {
  await mkdir(directory, { recursive: true });
  const entry = path.join(directory, 'postgres');
  const isRoot = process.geteuid?.() === 0;
  const home = isRoot ? await homeForRoot(directory, entry) : entry;
  const account = isRoot ? await serverAccount([path.join(home, 'cluster'), home]) : undefined;
  if (!isRoot) await mkdir(home, { recursive: true, mode: 0o700 });
  if (!(account ? canEnter(home, account) : await isOurs(home))) throw notYours(home);
  return { home, account, programs: await preparePrograms(native, account, home) };
}

async function isOurs(home: string): Promise<boolean> {
  return await access(home, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

function notYours(home: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'EMBEDDED_NOT_YOURS',
    message: `Cannot use the embedded server in ${home}: the user who has to run it may not enter there.`,
    hint: `run as the user who made it, or remove ${home} with its data`,
  });
}
