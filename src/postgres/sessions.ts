import type { QueryResult } from 'pg';
import type { Client } from './connect.js';

/** Another session, as pg_stat_activity shows it. */
export interface Session {
  pid: number;
  /** With the pid it names a session for good; a pid alone is given out again. Null where this role may not see it. */
  backendStart: string | null;
  application: string;
  address: string;
  /** Seconds since its transaction, or else its session, began. */
  ageSeconds: number;
  query: string;
}

/** For a query on pg_stat_activity as `a`: the columns of Session. */
export const SESSION_COLUMNS = `
  a.pid, a.backend_start::text as "backendStart",
  coalesce(nullif(a.application_name, ''), 'unnamed') as application,
  coalesce(host(a.client_addr), 'a local socket') as address,
  coalesce(extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.backend_start))::int, 0) as "ageSeconds",
  left(coalesce(a.query, ''), 80) as query`;

/** 'pid 4711 (tenantctl/migrate from 10.0.0.7, 93 s, "create index …")'. */
export function describeSession(session: Omit<Session, 'backendStart'>): string {
  const { pid, application, address, ageSeconds, query } = session;
  return `pid ${pid} (${application} from ${address}, ${ageSeconds} s, "${query}")`;
}

/** SQL that asks when this session began, as the login: in another role it may not see itself. For use in a transaction. */
export const OWN_START = `
  set local role none;
  select backend_start::text as "ownStart" from pg_catalog.pg_stat_activity where pid = pg_backend_pid();
  set local role to default`;

/** What OWN_START has told, among the answers to the message that it was in. */
export function ownStart(answers: readonly QueryResult[]): string {
  return answers.flatMap(({ rows }) => rows).find((row) => 'ownStart' in row)?.ownStart ?? '';
}

/** The sessions that have changed or locked rows of a table in a transaction that is open, and wait for nobody. */
export async function findWriters(client: Client, table: string): Promise<Session[]> {
  const { rows } = await client.query<Session>(
    `select ${SESSION_COLUMNS} from pg_catalog.pg_stat_activity a
      where a.pid <> pg_backend_pid() and a.datname = current_database()
        and exists (select from pg_catalog.pg_locks l
                     where l.pid = a.pid and l.granted and l.locktype = 'relation'
                       and l.relation = to_regclass($1) and l.mode in ('RowShareLock', 'RowExclusiveLock'))
        and not exists (select from pg_catalog.pg_locks l where l.pid = a.pid and not l.granted)
      order by a.pid`,
    [table],
  );
  return rows;
}

/** The sessions whose locks keep another one waiting just now. */
export async function findBlockers(client: Client, pid: number | undefined): Promise<Session[]> {
  const { rows } = await client.query<Session>(
    `select ${SESSION_COLUMNS} from pg_catalog.pg_stat_activity a
      where a.pid = any (pg_catalog.pg_blocking_pids($1)) order by a.pid`,
    [pid ?? 0],
  );
  return rows;
}

/** Other programs' sessions in this database, those of this login first; at most five. */
export async function findOtherPrograms(client: Client): Promise<Session[]> {
  const { rows } = await client.query<Session>(
    `select ${SESSION_COLUMNS} from pg_catalog.pg_stat_activity a
      where a.pid <> pg_backend_pid() and a.datname = current_database() and a.backend_type = 'client backend'
        and a.application_name not like 'tenantctl/%'
      order by a.usename is distinct from session_user, a.backend_start limit 5`,
  );
  return rows;
}

/**
 * Ends a session, and waits until it is gone.
 *
 * @returns whether it is gone within five seconds
 * @throws the server's error where this role may not (42501)
 */
export async function terminateSession(client: Client, session: Session): Promise<boolean> {
  // Only the one that was named: its pid may belong to somebody else by now. When it began may be hidden from this role;
  // then the server is asked all the same, and says whether the role may end it.
  const { rows } = await client.query<{ gone: boolean }>(
    `select pg_terminate_backend(pid, 5000) as gone from pg_catalog.pg_stat_activity
      where pid = $1 and backend_start::text is not distinct from $2`,
    [session.pid, session.backendStart],
  );
  return rows[0]?.gone ?? true;
}
