import {
  access,
  chmod,
  constants,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TenantctlError } from '../../errors.js';
import { type Account, canEnter, serverAccount } from './accounts.js';

const PREFIX = 'tenantctl-';
const HERE = 'checkout';

/**
 * Finds or makes the home of a server that root runs as another account: in the checkout where that account can
 * enter, else in a directory of the machine's state that a symbolic link in the checkout names. The home itself stays
 * root's: the account must not be able to lay a trap for what root writes there. A home whose link was removed is left:
 * it may be the data of a checkout that was moved and not used since.
 *
 * @param directory absolute path of the project's `.tenantctl`
 * @param link absolute path of the home, or of the link to it
 */
export async function homeForRoot(directory: string, link: string): Promise<string> {
  const entry = await lstat(link).catch(() => undefined);
  if (entry?.isSymbolicLink()) {
    const target = await readlink(link);
    const home = await linkedHome(directory, link);
    if (home) return home;
    // Unless another process has just put its own there.
    if ((await readlink(link)) === target) await rm(link);
    return await makeLinkedHome(directory, link);
  }
  if (entry) return link;
  if (!canEnter(directory, await serverAccount([]))) return await makeLinkedHome(directory, link);
  await mkdir(link, { recursive: true });
  await chmod(link, 0o755);
  return link;
}

/** @returns the link's target, unless it is gone, not root's, or belongs to the checkout this one is a copy of */
async function linkedHome(directory: string, link: string): Promise<string | undefined> {
  const home = await realpath(link).catch(() => undefined);
  if (home === undefined || (await lstat(home)).uid !== 0) return undefined;
  const [owner, here] = await Promise.all([
    readFile(path.join(home, HERE), 'utf8').catch(() => undefined),
    realpath(directory),
  ]);
  if (owner === undefined || owner === here) return owner && home;
  const isCopy = (await realpath(path.join(owner, path.basename(link))).catch(() => undefined)) === home;
  if (isCopy) return undefined;
  await writeFile(path.join(home, HERE), here);
  return home;
}

async function makeLinkedHome(directory: string, link: string): Promise<string> {
  const account = await serverAccount([]);
  // A random name, and only root may rename it there: nobody can have prepared this directory.
  const home = await mkdtemp(path.join(await stateDirectory(account), PREFIX));
  await chmod(home, 0o755);
  await writeFile(path.join(home, HERE), await realpath(directory));
  try {
    await symlink(home, link);
    return home;
  } catch (error) {
    await rm(home, { recursive: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await realpath(link);
  }
}

/** Directories that survive a restart first; the temporary ones are emptied by age. */
async function stateDirectory(account: Account): Promise<string> {
  for (const directory of ['/var/lib', '/var/db', '/var/tmp', tmpdir()]) {
    const writable = await access(directory, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (writable && canEnter(directory, account)) return directory;
  }
  throw new TenantctlError({
    kind: 'usage',
    code: 'EMBEDDED_NO_PLACE',
    message:
      'Cannot place the embedded server: there is no directory that root can write and its account can enter.',
    hint: 'run tenantctl as an ordinary user, or set DATABASE_URL to use a server of your own',
  });
}
