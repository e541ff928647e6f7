import type { QualifiedName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';

/** Rows of a table that were deleted or changed. */
export interface Change extends QualifiedName {
  deleted: number;
  updated: number;
}

interface ChangeRow extends QualifiedName {
  oid: number;
  deleted: string;
  updated: string;
}

/** What this transaction has done to rows so far, by the table's oid; what was undone with a savepoint included. */
export async function readChanges(client: Client): Promise<Map<number, Change>> {
  const { rows } = await client.query<ChangeRow>(
    `select relid as oid, schemaname as schema, relname as name, n_tup_del as deleted, n_tup_upd as updated
       from pg_catalog.pg_stat_xact_user_tables where n_tup_del > 0 or n_tup_upd > 0`,
  );
  return new Map(
    rows.map(({ oid, schema, name, deleted, updated }) => [
      oid,
      { schema, name, deleted: Number(deleted), updated: Number(updated) },
    ]),
  );
}

/** Adds up what each file has changed. */
export class ChangeTally {
  readonly total = new Map<number, Change>();

  /** @param before and after one file */
  add(before: ReadonlyMap<number, Change>, after: ReadonlyMap<number, Change>): void {
    for (const [oid, { schema, name, deleted, updated }] of after) {
      const known = this.total.get(oid);
      this.total.set(oid, {
        ...{ schema, name },
        deleted: deleted - (before.get(oid)?.deleted ?? 0) + (known?.deleted ?? 0),
        updated: updated - (before.get(oid)?.updated ?? 0) + (known?.updated ?? 0),
      });
    }
  }
}
