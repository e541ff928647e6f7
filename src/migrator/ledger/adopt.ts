import { forgetFound } from '../../catalog/fingerprint/take.js';
import { quoteName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import { createLedger, type Ledger, LOG } from './ledger.js';
import type { Standing } from './standing.js';
import type { Survey } from './survey.js';

/** What knex has applied and the log does not know, or knows without a checksum that can be had now. */
function findUnadopted({ standing, checksums }: Pick<Survey, 'standing' | 'checksums'>): Standing[] {
  return standing.filter(
    ({ ids, logged, checksum, partWay, name }) =>
      ids.length > 0 &&
      partWay === undefined &&
      (logged === undefined || (checksum === undefined && checksums.has(name))),
  );
}

/**
 * Takes what knex has applied into the log: from now on an edit of those files is noticed. What they did to the schema is
 * no drift, and cannot be told from what is.
 *
 * @returns whether knex had applied something
 */
export async function takeIn(client: Client, ledger: Ledger, seen: Survey): Promise<boolean> {
  const unadopted = findUnadopted(seen);
  if (unadopted.length === 0) return false;
  await createLedger(client, ledger);
  await adopt(client, ledger, unadopted, seen.checksums);
  const byKnex = unadopted.some(({ logged }) => logged === undefined);
  if (byKnex) await forgetFound(client);
  return byKnex;
}

/** What nobody saw (how long it took, as whom, from where) stays NULL. */
async function adopt(
  client: Client,
  ledger: Ledger,
  unadopted: readonly Standing[],
  checksums: ReadonlyMap<string, string>,
): Promise<void> {
  await client.query(
    `insert into ${LOG} (ledger, name, file, state, batch, checksum, started_at, row_id, role)
     select $1, name, file, 'adopted', batch, checksum, null, row_id, null
       from unnest($2::text[], $3::text[], $4::integer[], $5::text[], $6::integer[])
            as seen (name, file, batch, checksum, row_id)
     on conflict (ledger, name) do update
       set (file, state, batch, checksum, started_at, duration_ms, role, host, version, row_id, statements) =
           (excluded.file, 'adopted', excluded.batch, excluded.checksum, null, null, null, null, null,
            excluded.row_id, null)`,
    [
      quoteName(ledger),
      unadopted.map(({ name }) => name),
      unadopted.map(({ file }) => file),
      unadopted.map(({ batch }) => batch),
      unadopted.map(({ name }) => checksums.get(name) ?? null),
      unadopted.map(({ ids }) => ids.at(-1) ?? null),
    ],
  );
}
