import { quoteIdent, quoteName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import { sqlState } from '../../postgres/errors.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import { readSubject } from '../audit.js';
import type { Subject } from '../check.js';
import { isTouchable, tenantTables } from '../relations.js';

/** The database as it is to be judged, and the tables in it that the application cannot reach yet. */
export interface Outlook {
  subject: Subject;
  /** Oids. */
  granted: ReadonlySet<number>;
}

/** The oids of all relations. */
export async function relationsThere(client: Client): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ oid: number }>('select oid from pg_catalog.pg_class');
  return new Set(rows.map(({ oid }) => oid));
}

/**
 * Reads the database, with tables of tenants that are new granted to the application as others are: privileges come when
 * the files are committed, by create-app-role or with a later file, and with them whatever the table does not guard. Must
 * run within a savepoint that is rolled back.
 *
 * @param before oids of what is not new
 * @throws TenantctlError usage where the configuration names what does not exist
 */
export async function readAsGranted(
  client: Client,
  config: TenancyConfig,
  before: ReadonlySet<number>,
): Promise<Outlook> {
  const subject = await readSubject(client, config);
  const role = subject.app.role?.name;
  const fresh = tenantTables(subject).filter(
    ({ relation }) => !before.has(relation.oid) && !relation.isPartition && !isTouchable(subject, relation),
  );
  if (role === undefined || fresh.length === 0) return { subject, granted: new Set() };
  for (const known of fresh) {
    for (const grant of grantsFor(subject, known, role)) await tryGrant(client, grant);
  }
  return {
    subject: await readSubject(client, config),
    granted: new Set(fresh.map(({ relation }) => relation.oid)),
  };
}

function grantsFor({ snapshot }: Subject, { relation }: ClassifiedRelation, role: string): string[] {
  const { schema, name } = relation;
  const sequences = snapshot.sequences.filter(
    ({ ownedBy }) => ownedBy?.schema === schema && ownedBy.relation === name,
  );
  return [
    `usage on schema ${quoteIdent(schema)}`,
    `select, insert, update, delete on table ${quoteName(relation)}`,
    ...sequences.map((sequence) => `usage on sequence ${quoteName(sequence)}`),
  ].map((what) => `grant ${what} to ${quoteIdent(role)}`);
}

/** Where the migrating role may not grant it, nobody can say what would be if it were. */
async function tryGrant(client: Client, grant: string): Promise<void> {
  await client.query('savepoint tenantctl_grant');
  try {
    await client.query(grant);
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    await client.query('rollback to savepoint tenantctl_grant');
  }
  await client.query('release savepoint tenantctl_grant');
}
