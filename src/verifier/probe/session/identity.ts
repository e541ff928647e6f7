import type { Client } from '../../../postgres/connect.js';

/** Who a connection is, and which database it leads to. */
export interface Identity {
  sessionUser: string;
  currentUser: string;
  superuser: boolean;
  bypassRls: boolean;
  /** Names one running server and database, whatever address they were reached by. */
  place: string;
}

/** Asks the server who is connected, and to what: one query. */
export async function readIdentity(client: Client): Promise<Identity> {
  const { rows } = await client.query<Identity>(`
    select session_user as "sessionUser", current_user as "currentUser",
      r.rolsuper as superuser, r.rolbypassrls as "bypassRls",
      current_database() || ' ' || d.oid || ' ' || extract(epoch from pg_catalog.pg_postmaster_start_time()) as place
    from pg_catalog.pg_roles r, pg_catalog.pg_database d
    where r.rolname = session_user and d.datname = current_database()`);
  const [identity] = rows;
  if (!identity) throw new Error('pg_roles has no row for session_user');
  return identity;
}
