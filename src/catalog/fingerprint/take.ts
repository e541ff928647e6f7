import { hostname } from 'node:os';
import { quoteLiteral } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import { rollBack } from '../../postgres/transaction.js';
import { VERSION } from '../../version.js';
import { compareSchema, prepareReading } from './compare.js';
import { type Drift, driftOf } from './drift.js';
import { FORMAT } from './query.js';
import { IS_ALIVE, MAJOR, readPresentHead } from './state.js';
import { FINGERPRINT, OBJECT, RUN } from './tables.js';

/** Notes that a command is about to change the schema: a crash leaves the mark. */
export async function markRun(client: Client, command: string): Promise<void> {
  await client.query(
    `insert into ${RUN} (pid, backend_start, command)
     select pid, backend_start, $1 from pg_catalog.pg_stat_activity where pid = pg_backend_pid()
     on conflict (pid, backend_start) do update set command = excluded.command`,
    [command],
  );
}

/**
 * Notes what differs before a command begins: that is not its doing. After a run that was interrupted this cannot be told
 * any more; what was found before that one stays.
 */
export async function noteFound(client: Client): Promise<void> {
  await alone(client, async (seen) => {
    if ((await readPresentHead(client)).state === 'comparable') await keepFound(client, seen);
    await client.query('commit');
  });
}

async function keepFound(client: Client, seen: string): Promise<void> {
  await client.query(`
    with ${seen}
    insert into ${OBJECT} (kind, identity, parent, definition, found)
    select kind, identity, coalesce(s.parent, o.parent), o.definition,
           case when o.definition is distinct from s.definition then coalesce(s.definition, 'null') end
      from ${OBJECT} o full join seen s using (kind, identity)
     where o.definition is distinct from s.definition or o.found is not null
        on conflict (kind, identity) do update set found = excluded.found`);
}

/**
 * Takes the fingerprint: from now on the schema is as tenantctl left it, except for what somebody else had changed before
 * the run and the run did not change, too. That stays drift.
 */
export async function takeFingerprint(client: Client, command: string): Promise<void> {
  await alone(client, async (seen) => {
    await client.query(`${FORGET_INCOMPARABLE}; ${taking(command, seen)}; commit`);
  });
}

/**
 * Declares that whatever differs is right, and keeps who said so, when and why.
 *
 * @returns what differed
 */
export async function acceptDrift(client: Client, command: string, reason: string): Promise<Drift[]> {
  return alone(client, async (seen) => {
    const drift = driftOf(await compareSchema(client, seen));
    await client.query(`${FORGET_FOUND}; ${taking(command, seen)}`);
    await client.query(
      `update ${FINGERPRINT} set accepted = accepted || jsonb_build_object(
         'at', taken_at, 'role', role, 'host', host, 'version', version, 'reason', $1::text, 'drift', $2::jsonb)`,
      [reason, JSON.stringify(drift)],
    );
    await client.query('commit');
    return drift;
  });
}

/** SQL that writes down what is there, and that nobody is at work any more. */
function taking(command: string, seen: string): string {
  const [by, host, version] = [command, hostname(), VERSION].map(quoteLiteral);
  return `${keepingSeen(seen)};
    insert into ${FINGERPRINT} (taken_at, command, role, host, version, format, server_major)
    values (clock_timestamp(), ${by}, session_user, ${host}, ${version}, ${FORMAT}, ${MAJOR})
    on conflict (one) do update
      set (taken_at, command, role, host, version, format, server_major) =
          (excluded.taken_at, excluded.command, excluded.role, excluded.host, excluded.version, excluded.format,
           excluded.server_major);
    delete from ${RUN} r where r.pid = pg_backend_pid() or not ${IS_ALIVE}`;
}

function keepingSeen(seen: string): string {
  return `
    with ${seen},
    gone as (
      delete from ${OBJECT} o
       where not exists (select from seen s where (s.kind, s.identity) = (o.kind, o.identity))
         and o.found is distinct from 'null')
    insert into ${OBJECT} (kind, identity, parent, definition)
    select kind, identity, s.parent, s.definition
      from seen s left join ${OBJECT} o using (kind, identity)
     where o.found is distinct from s.definition
       and (o.definition is distinct from s.definition or o.parent is distinct from s.parent or o.found is not null)
        on conflict (kind, identity) do update
       set (parent, definition, found) = (excluded.parent, excluded.definition, null)`;
}

const FORGET_FOUND = `update ${OBJECT} set found = null where found is not null`;

/** Of a fingerprint in other words, it cannot be told what the run has changed. */
const FORGET_INCOMPARABLE = `${FORGET_FOUND}
  and exists (select from ${FINGERPRINT} where (format, server_major) <> (${FORMAT}, ${MAJOR}))
  and not exists (select from ${RUN} where pid <> pg_backend_pid())`;

/** Whatever differs is right: what knex's CLI did, or somebody has decided. */
export async function forgetFound(client: Client): Promise<void> {
  await client.query(FORGET_FOUND);
}

/**
 * Two commands that end at the same moment would each miss what the other one writes.
 *
 * @param work ends with COMMIT, which may travel with what it writes
 */
async function alone<T>(client: Client, work: (seen: string) => Promise<T>): Promise<T> {
  try {
    const seen = await prepareReading(client, 'begin', `lock table ${RUN} in share row exclusive mode`);
    return await work(seen);
  } catch (error) {
    await rollBack(client);
    throw error;
  }
}
