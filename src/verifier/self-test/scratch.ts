import { randomBytes } from 'node:crypto';
import { TenantctlError } from '../../errors.js';
import type { OnEvent } from '../../events.js';
import { quoteIdent, quoteLiteral } from '../../identifiers.js';
import { announceWait, withAdvisoryLock } from '../../postgres/advisory-lock.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import { sqlState } from '../../postgres/errors.js';
import { readServerInfo } from '../../postgres/server.js';
import type { Clone } from './trial.js';

/** A login of the scratch database's own. */
export interface ScratchLogin {
  role: string;
  password: string;
}

export interface ScratchOptions {
  /** Makes the schema under test in the empty database, and the login the application's. */
  prepare(database: Database, login: ScratchLogin): Promise<void>;
  lockWaitMs: number;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

export interface Scratch {
  /** The schema as `prepare` made it; not to be changed. */
  original: Clone;
  login: ScratchLogin;
  /** What the names of a plant's roles begin with. */
  rolePrefix: string;
  /** Lends a copy that may be changed; roles that were made meanwhile go with it. */
  withClone<T>(use: (clone: Clone) => Promise<T>): Promise<T>;
}

const NAME = 'tenantctl_selftest_';

/**
 * Makes a database on the server, lends copies of it, and removes all of it again, with every role that was made. What a
 * run that was killed has left is removed by the next one: no two run on one server at the same time.
 *
 * @throws TenantctlError privilege where the connection is no superuser's; retry where another run has the server
 */
export async function withScratch<T>(
  server: Database,
  options: ScratchOptions,
  use: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  const name = 'the self-test lock';
  const lock = {
    ...{ name, key: 'self-test', waitMs: options.lockWaitMs, signal: options.signal },
    onWait: announceWait(name, options.onEvent),
  };
  return server.connect(async (admin) => {
    await requireSuperuser(admin, server);
    return withAdvisoryLock(server, admin, lock, async () => {
      await removeScratch(admin);
      try {
        return await use(await makeScratch(admin, server, options));
      } finally {
        await despiteCancel(() => removeScratch(admin));
      }
    });
  });
}

/** An interruption cancels the statement that runs, and may arrive late: what cleans up is then begun once more. */
async function despiteCancel<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) !== '57014') throw error;
    return await work();
  }
}

async function makeScratch(admin: Client, server: Database, options: ScratchOptions): Promise<Scratch> {
  const name = NAME + randomBytes(4).toString('hex');
  const login = { role: `${name}_app`, password: randomBytes(24).toString('base64url') };
  const rolePrefix = `${name}_plant`;
  const at = (database: string): Clone => ({
    auditor: server.as({ ...server.settings, database }, 'the self-test'),
    app: server.as(
      { ...server.settings, database, user: login.role, password: login.password },
      'the self-test',
    ),
  });
  const before = await rolesLike(admin, '');
  await admin.query(`CREATE DATABASE ${quoteIdent(name)} TEMPLATE template0`);
  const original = at(name);
  try {
    await options.prepare(original.auditor, login);
  } finally {
    // Roles belong to the whole cluster: whoever removes the database has to know which ones came with it.
    const made = (await despiteCancel(() => rolesLike(admin, ''))).filter((role) => !before.includes(role));
    const comment = `COMMENT ON DATABASE ${quoteIdent(name)} IS ${quoteLiteral(JSON.stringify(made))}`;
    await despiteCancel(() => admin.query(comment));
  }
  let clones = 0;
  const withClone = async <T>(use: (clone: Clone) => Promise<T>): Promise<T> => {
    options.signal?.throwIfAborted();
    const clone = `${name}_${++clones}`;
    await admin.query(`CREATE DATABASE ${quoteIdent(clone)} TEMPLATE ${quoteIdent(name)}`);
    try {
      return await use(at(clone));
    } finally {
      await despiteCancel(async () => {
        await admin.query(`DROP DATABASE IF EXISTS ${quoteIdent(clone)} WITH (FORCE)`);
        await dropRoles(admin, await rolesLike(admin, rolePrefix));
      });
    }
  };
  return { original, login, rolePrefix, withClone };
}

/** Whatever is there: this run's at its end, a killed one's at the beginning of the next. */
async function removeScratch(admin: Client): Promise<void> {
  const { rows } = await admin.query<{ name: string; roles: string | null }>(
    `select datname as name, pg_catalog.shobj_description(oid, 'pg_database') as roles
      from pg_catalog.pg_database where pg_catalog.starts_with(datname, $1)`,
    [NAME],
  );
  for (const { name } of rows) await admin.query(`DROP DATABASE IF EXISTS ${quoteIdent(name)} WITH (FORCE)`);
  const made = rows.flatMap(({ roles }) => (roles === null ? [] : (JSON.parse(roles) as string[])));
  await dropRoles(admin, [...new Set([...made, ...(await rolesLike(admin, NAME))])]);
}

async function rolesLike(admin: Client, prefix: string): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    'select rolname as name from pg_catalog.pg_roles where pg_catalog.starts_with(rolname, $1)',
    [prefix],
  );
  return rows.map(({ name }) => name);
}

/** With their privileges on what databases share: parameters, tablespaces. */
async function dropRoles(admin: Client, roles: readonly string[]): Promise<void> {
  for (const role of roles.map(quoteIdent)) await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
}

async function requireSuperuser(admin: Client, { settings }: Database): Promise<void> {
  const { superuser, role } = await readServerInfo(admin, settings);
  if (superuser) return;
  throw new TenantctlError({
    kind: 'privilege',
    code: 'SELF_TEST_PRIVILEGE',
    message: `Cannot plant faults as ${role}: most of them only a superuser can make.`,
    hint: '--self-test-url with a superuser of a server that may be thrown away, or leave it out to use the embedded one',
  });
}
