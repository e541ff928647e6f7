import type { Client } from '../../../postgres/connect.js';

/** What the connected login may do with one relation: the server's own answer, memberships and PUBLIC included. */
export interface Access {
  /** Columns it may read, write on INSERT, change: all of them where the privilege is on the whole relation. */
  select: string[];
  insert: string[];
  update: string[];
  /** SELECT on the whole relation, so on its system columns too. */
  selectAll: boolean;
  delete: boolean;
  truncate: boolean;
  /** Commands that the relation takes at all, whoever asks: not every view can pass them on to a table. */
  takes: { insert: boolean; update: boolean; delete: boolean };
}

interface AccessRow extends Omit<Access, 'takes'> {
  oid: number;
  /** Bits of pg_relation_is_updatable: 4 UPDATE, 8 INSERT, 16 DELETE. */
  updatable: number;
}

/** Reads what the login of this connection may do with each of the relations, by oid: one query. */
export async function readAccess(client: Client, relations: readonly number[]): Promise<Map<number, Access>> {
  const columns = (privilege: string) => `
    case when n.usable then array(select a.attname::text from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and pg_catalog.has_column_privilege(c.oid, a.attnum, '${privilege}')
        and (c.relkind <> 'v' or '${privilege}' = 'SELECT' or pg_catalog.pg_column_is_updatable(c.oid, a.attnum, true))
      order by a.attnum) else '{}' end`;
  const whole = (privilege: string) => `n.usable and pg_catalog.has_table_privilege(c.oid, '${privilege}')`;
  const { rows } = await client.query<AccessRow>(
    `select c.oid, ${columns('SELECT')} as select, ${columns('INSERT')} as insert, ${columns('UPDATE')} as update,
        ${whole('SELECT')} as "selectAll", ${whole('DELETE')} as delete, ${whole('TRUNCATE')} as truncate,
        case when ${ANSWERS} then pg_catalog.pg_relation_is_updatable(c.oid, true) else 0 end as updatable
      from pg_catalog.pg_class c,
        lateral (select pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') as usable) n
      where c.oid = any($1::oid[])`,
    [relations],
  );
  return new Map(rows.map(({ oid, updatable, ...row }) => [oid, effective(row, updatable)]));
}

/** A foreign table is asked about by its wrapper's handler, and without one nothing can be done with it, nor asked. */
const ANSWERS = `(c.relkind <> 'f' or exists (select from pg_catalog.pg_foreign_table t
  join pg_catalog.pg_foreign_server s on s.oid = t.ftserver
  join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw and w.fdwhandler <> 0 where t.ftrelid = c.oid))`;

/** A privilege on a view that cannot be written to opens nothing. */
function effective(row: Omit<Access, 'takes'>, updatable: number): Access {
  const takes = {
    update: (updatable & 4) !== 0,
    insert: (updatable & 8) !== 0,
    delete: (updatable & 16) !== 0,
  };
  return {
    ...row,
    insert: takes.insert ? row.insert : [],
    update: takes.update ? row.update : [],
    delete: row.delete && takes.delete,
    takes,
  };
}

/** Whether the login may do anything at all with the relation. */
export function isTouchable(access: Access): boolean {
  return (
    access.select.length > 0 ||
    access.insert.length > 0 ||
    access.update.length > 0 ||
    access.delete ||
    access.truncate
  );
}
