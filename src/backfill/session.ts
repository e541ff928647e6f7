import type { Client } from '../postgres/connect.js';

/**
 * Types such as citext compare by operators of their extension's schema. Where the path leaves that out, = would be text's:
 * other rows would be equal, and in another order than the index has. At the end of the path it stands in for nothing.
 */
const PATH = `pg_catalog.concat_ws(', ', nullif(current_setting('search_path'), ''), (
    select string_agg(distinct quote_ident(n.nspname), ', ')
      from pg_catalog.pg_amop a
        join pg_catalog.pg_am m on m.oid = a.amopmethod and m.amname in ('btree', 'hash')
        join pg_catalog.pg_operator o on o.oid = a.amopopr
        join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
     where n.nspname <> 'pg_catalog'))`;

/** From PostgreSQL 17 on. A role's own would end each batch, however often it is run; statement_timeout makes it smaller. */
const TRANSACTION_TIMEOUT = `case when current_setting('transaction_timeout', true) is not null
              then set_config('transaction_timeout', '0', true) end`;

/**
 * For this transaction: row security is an error instead of a filter (an owner under FORCE would update nothing and find
 * nothing left to do), a lock is not waited for in front of the application's own statements, keys read back as they were
 * written, and types compare as their indexes do.
 */
export async function settle(client: Client, statementTimeout: string): Promise<void> {
  await client.query(
    `select set_config('row_security', 'off', true), set_config('lock_timeout', '1s', true),
            set_config('statement_timeout', $1, true), ${TRANSACTION_TIMEOUT}, set_config('datestyle', 'ISO, YMD', true),
            set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '1', true),
            set_config('search_path', ${PATH}, true)`,
    [statementTimeout],
  );
}
