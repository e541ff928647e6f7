import type { Node, RangeVar } from 'libpg-query';
import { quoteName } from '../../identifiers.js';
import { BOOKKEEPING_SCHEMA } from '../../postgres/bookkeeping.js';
import type { Client } from '../../postgres/connect.js';
import type { Ledger } from '../ledger/ledger.js';
import { type GivenName, givenName, targetsOf } from './parse.js';

/**
 * The relations that others may be using: those that were there before the run. What the run makes itself is nobody's yet,
 * and nothing that is done to it does harm. Names only, since a file is judged before its statements have run.
 */
export class Relations {
  /** Names with and without schema. */
  readonly #there: Set<string>;

  private constructor(there: Set<string>) {
    this.#there = there;
  }

  /** Of the bookkeeping nothing is in use by others. */
  static async read(client: Client, ledger: Ledger): Promise<Relations> {
    const { rows } = await client.query<{ schema: string; name: string }>(
      `select n.nspname as schema, c.relname as name
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'm', 'i', 'I')
          and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', $1)
          and not (n.nspname = $2 and c.relname = any ($3))`,
      [
        BOOKKEEPING_SCHEMA,
        ledger.schema,
        ['', '_pkey', '_lock', '_lock_pkey'].map((end) => `${ledger.name}${end}`),
      ],
    );
    return new Relations(new Set(rows.flatMap(({ schema, name }) => [quoteName({ schema, name }), name])));
  }

  get isEmpty(): boolean {
    return this.#there.size === 0;
  }

  /** For a file that may be tried again. */
  copy(): Relations {
    return new Relations(new Set(this.#there));
  }

  /** Without a schema, one of that name anywhere counts: a file may set its search_path. */
  has({ schema, name }: GivenName): boolean {
    return this.#there.has(schema === undefined ? name : quoteName({ schema, name }));
  }

  /** Whether a statement does something to one of them that can do harm. */
  isTouchedBy(node: Node): boolean {
    // Without a relation: a whole schema or database.
    const wide = 'ReindexStmt' in node || 'ClusterStmt' in node;
    const targets = targetsOf(node);
    return targets.length === 0 ? wide : targets.some((target) => this.has(target));
  }

  /** Remembers what a statement renames and drops: a table made again under the name is a new one. */
  note(node: Node): void {
    if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_TABLE' && node.RenameStmt.relation) {
      const from = node.RenameStmt.relation;
      const to: RangeVar = { ...from, relname: node.RenameStmt.newname ?? '' };
      if (this.has(givenName(from))) this.#add(givenName(to));
      this.#delete(givenName(from));
    }
    if ('DropStmt' in node) for (const target of targetsOf(node)) this.#delete(target);
  }

  #add({ schema, name }: GivenName): void {
    this.#there.add(name);
    if (schema !== undefined) this.#there.add(quoteName({ schema, name }));
  }

  #delete({ schema, name }: GivenName): void {
    this.#there.delete(schema === undefined ? name : quoteName({ schema, name }));
  }
}
