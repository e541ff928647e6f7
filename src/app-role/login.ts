import { TenantctlError } from '../errors.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { settingsFor } from './credentials.js';
import { generatePassword } from './password.js';
import { scramMatches } from './scram.js';

/** What the snapshot of the catalog leaves out about the role: its password, and whether it may be touched at all. */
export interface LoginFacts {
  exists: boolean;
  /** The role that initdb made: it cannot be anything but a superuser. */
  bootstrap: boolean;
  /** It is the role that this connection works as. */
  ourselves: boolean;
  /** VALID UNTIL has passed, so no password is accepted. */
  expired: boolean;
  /** Of the role, in the whole cluster, at this moment. */
  sessions: number;
  /** null: has no password; undefined: only a superuser may look. */
  verifier: string | null | undefined;
}

/** Asks for a role's login facts: one query, and a second where the verifier may be read. */
export async function readLogin(client: Client, role: string): Promise<LoginFacts> {
  const { rows } = await client.query<Omit<LoginFacts, 'exists' | 'verifier'> & { readable: boolean }>(
    `select r.oid = 10 as bootstrap, r.rolname in (current_user, session_user) as ourselves,
            coalesce(r.rolvaliduntil < now(), false) as expired,
            (select count(*)::int from pg_catalog.pg_stat_activity a where a.usesysid = r.oid) as sessions,
            has_table_privilege('pg_catalog.pg_authid', 'select') as readable
       from pg_catalog.pg_roles r where r.rolname = $1`,
    [role],
  );
  const [row] = rows;
  if (!row) return NOBODY;
  const { readable, ...facts } = row;
  return { ...facts, exists: true, verifier: readable ? await readVerifier(client, role) : undefined };
}

const NOBODY: LoginFacts = {
  exists: false,
  bootstrap: false,
  ourselves: false,
  expired: false,
  sessions: 0,
  verifier: null,
};

async function readVerifier(client: Client, role: string): Promise<string | null> {
  const { rows } = await client.query<{ verifier: string | null }>(
    'select rolpassword as verifier from pg_catalog.pg_authid where rolname = $1',
    [role],
  );
  return rows[0]?.verifier ?? null;
}

/**
 * Whether the role's password is this one already, so that it need not be written (and logged) again. By the verifier
 * where it may be read; else by logging in, which says something only where a wrong password is refused: pg_hba.conf may
 * trust.
 */
export async function passwordStands(
  database: Database,
  role: string,
  facts: LoginFacts,
  password: string,
): Promise<boolean> {
  if (facts.verifier === null) return false;
  if (facts.verifier !== undefined) return scramMatches(facts.verifier, password);
  // A role at its CONNECTION LIMIT is told so once its password was accepted; a server that has no room, before that.
  const right = await logsIn(database, role, password, [...ACCEPTED, 'TOO_MANY_CONNECTIONS']);
  return right && !(await logsIn(database, role, generatePassword(), ACCEPTED));
}

/** Errors that a login gets only after its password was accepted, or because it was not. */
const REFUSED = ['WRONG_PASSWORD', 'LOGIN_REFUSED'];
const ACCEPTED = ['MAY_NOT_CONNECT'];

async function logsIn(
  database: Database,
  role: string,
  password: string,
  accepted: readonly string[],
): Promise<boolean> {
  const settings = settingsFor(database.settings, { role, password });
  try {
    await database.as(settings, 'a test of the app role').connect(async () => {});
    return true;
  } catch (error) {
    if (!(error instanceof TenantctlError)) throw error;
    if (REFUSED.includes(error.code)) return false;
    if (accepted.includes(error.code)) return true;
    throw error;
  }
}
