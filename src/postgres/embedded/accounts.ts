import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { TenantctlError } from '../../errors.js';

/** An OS user, as spawn takes it. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * Whom root runs the server as, for PostgreSQL refuses to run as root: the owner of the files that are already there,
 * else the system's `postgres`, else `nobody`. initdb wants an account that the machine knows by name.
 *
 * @param files paths to look at, the most telling first
 * @throws TenantctlError EMBEDDED_NO_ACCOUNT
 */
export async function serverAccount(files: readonly string[]): Promise<Account> {
  for (const file of files) {
    const owner = await stat(file).catch(() => undefined);
    if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  }
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const user = users.find(([candidate]) => candidate === name);
    if (user) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new TenantctlError({
    kind: 'usage',
    code: 'EMBEDDED_NO_ACCOUNT',
    message:
      "Cannot start the embedded server: it does not run as root, and there is no user 'postgres' or 'nobody'.",
    hint: 'run tenantctl as an ordinary user, or set DATABASE_URL to use a server of your own',
  });
}

/** Whether the account may pass through every folder on the way to this one. */
export function canEnter(directory: string, account: Account): boolean {
  const enter = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], {
    ...account,
    cwd: '/',
    env: {},
  });
  return enter.status === 0;
}
