import type { Client } from '../../postgres/connect.js';
import { FORMAT } from './query.js';
import { FINGERPRINT, hasFingerprintTables, RUN } from './tables.js';

/** Whether the schema can be compared with what tenantctl left, and if not, why. */
export type FingerprintState =
  /** None was taken yet. */
  | 'absent'
  /** A command that may change the schema is at work. */
  | 'running'
  /** One was killed, or lost its connection, before it could take the fingerprint. */
  | 'interrupted'
  /** Another major version of PostgreSQL, or of tenantctl, writes the same schema down in other words. */
  | 'incomparable'
  | 'comparable';

export interface FingerprintHead {
  state: FingerprintState;
  takenAt: Date | null;
  /** The command that took it: 'migrate'. */
  command: string | null;
  /** PostgreSQL's, at that time. */
  serverMajor: number | null;
  /** The command that is at work, or was interrupted. */
  run: { command: string; since: Date } | null;
}

/** Where there is none. */
export const ABSENT: FingerprintHead = {
  ...{ state: 'absent', takenAt: null, command: null, serverMajor: null, run: null },
};

interface HeadRow {
  takenAt: Date | null;
  command: string | null;
  serverMajor: number | null;
  comparable: boolean;
  runCommand: string | null;
  runSince: Date | null;
  alive: boolean;
}

/** Reads what is known of the fingerprint; looks at no object. */
export async function readHead(client: Client): Promise<FingerprintHead> {
  return (await hasFingerprintTables(client)) ? readPresentHead(client) : ABSENT;
}

/** The same where its tables are known to be there. */
export async function readPresentHead(client: Client): Promise<FingerprintHead> {
  const { rows } = await client.query<HeadRow>(
    `select f.taken_at as "takenAt", f.command, f.server_major as "serverMajor",
            coalesce(f.format = $1 and f.server_major = ${MAJOR}, false) as comparable,
            r.command as "runCommand", r.since as "runSince", coalesce(r.alive, false) as alive
       from (values (true)) as one left join ${FINGERPRINT} f on true
         left join (select *, ${IS_ALIVE} as alive from ${RUN} r where pid <> pg_backend_pid()
                     order by alive desc, since limit 1) r on true`,
    [FORMAT],
  );
  const [row] = rows;
  if (!row) return ABSENT;
  const { takenAt, command, serverMajor, runCommand, runSince } = row;
  const run = runCommand !== null && runSince !== null ? { command: runCommand, since: runSince } : null;
  return { state: stateOf(row), takenAt, command, serverMajor, run };
}

function stateOf({ takenAt, comparable, runCommand, alive }: HeadRow): FingerprintState {
  if (alive) return 'running';
  if (takenAt === null) return 'absent';
  if (runCommand !== null) return 'interrupted';
  return comparable ? 'comparable' : 'incomparable';
}

export const MAJOR = `(current_setting('server_version_num')::integer / 10000)`;

/** For a query on schema_run as `r`. A pid is given out again; with the time its session began it is not. */
export const IS_ALIVE = `exists (
  select from pg_catalog.pg_stat_activity a
   where a.pid = r.pid and coalesce(a.backend_start, r.backend_start) = r.backend_start)`;
