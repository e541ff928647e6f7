import type { Relation } from '../../catalog/snapshot.js';
import { type QualifiedName, quoteIdent, quoteName } from '../../identifiers.js';
import type { Subject } from '../check.js';
import { once } from '../once.js';

/*
 * What checks every row of a table in use, in steps that keep nobody waiting once each is a transaction of its own. In one
 * transaction they do the same.
 */

/** SQL for NOT NULL: once a CHECK that says the same is valid, SET NOT NULL reads no row under its lock. */
export function requireColumn(subject: Subject, relation: QualifiedName, column: string): string {
  const alter = `ALTER TABLE ${quoteName(relation)}`;
  const check = quoteIdent(freeName(subject, relation.schema, [relation.name, column, 'present']));
  return [
    `${alter} ADD CONSTRAINT ${check} CHECK (${quoteIdent(column)} IS NOT NULL) NOT VALID;`,
    `${alter} VALIDATE CONSTRAINT ${check};`,
    `${alter} ALTER COLUMN ${quoteIdent(column)} SET NOT NULL;`,
    `${alter} DROP CONSTRAINT ${check};`,
  ].join('\n');
}

/** SQL for a unique constraint: its index is built first, and then adopted, which a partitioned table knows nothing of. */
export function requireUnique(subject: Subject, relation: Relation, columns: readonly string[]): string {
  const table = quoteName(relation);
  const name = quoteIdent(freeName(subject, relation.schema, [relation.name, ...columns, 'key']));
  const list = `(${columns.map(quoteIdent).join(', ')})`;
  if (isPartitioned(relation)) return `ALTER TABLE ${table} ADD CONSTRAINT ${name} UNIQUE ${list};`;
  return [
    `CREATE UNIQUE INDEX ${name} ON ${table} ${list};`,
    `ALTER TABLE ${table} ADD CONSTRAINT ${name} UNIQUE USING INDEX ${name};`,
  ].join('\n');
}

/**
 * SQL that adds a foreign key and then checks the rows that are there, which blocks nobody by itself.
 *
 * @param definition what follows the constraint's name
 * @param instead of the constraint of this name, which may be the same
 */
export function requireReference(
  subject: Subject,
  relation: Relation,
  name: string,
  definition: string,
  instead?: string | undefined,
): string {
  const alter = `ALTER TABLE ${quoteName(relation)}`;
  const drop = instead === undefined ? '' : `DROP CONSTRAINT ${quoteIdent(instead)}, `;
  const add = `${alter} ${drop}ADD CONSTRAINT ${quoteIdent(name)} ${definition}`;
  // Before PostgreSQL 18, a partitioned table takes none whose rows are not checked at once.
  if (isPartitioned(relation) && subject.snapshot.server.versionNumber < 180000) return `${add};`;
  return `${add} NOT VALID;\n${alter} VALIDATE CONSTRAINT ${quoteIdent(name)};`;
}

export function isPartitioned({ kind }: Pick<Relation, 'kind'>): boolean {
  return kind === 'partitioned table';
}

/** PostgreSQL cuts longer names off, and two of them could become one. */
const LONGEST_NAME = 63;

/**
 * A name that no relation, index or constraint of the schema has: the parts joined, without the longest where they do not
 * fit. A part is never cut: of a name that has to be masked in a report, a piece would not be recognized.
 */
export function freeName(subject: Subject, schema: string, parts: readonly string[]): string {
  const taken = namesIn(subject);
  for (let number = 0; ; number += 1) {
    const name = shortened([...parts, ...(number === 0 ? [] : [String(number)])]);
    if (!taken.has(quoteName({ schema, name }))) return name;
  }
}

function shortened(parts: readonly string[]): string {
  const joined = parts.join('_');
  if (Buffer.byteLength(joined) <= LONGEST_NAME) return joined;
  const longest = parts.reduce((a, b) => (b.length > a.length ? b : a));
  return shortened(parts.toSpliced(parts.indexOf(longest), 1));
}

const namesIn = once(({ snapshot }: Subject): ReadonlySet<string> => {
  const own = ({ schema, name, indexes, constraints }: Relation) =>
    [name, ...[...indexes, ...constraints].map((each) => each.name)].map((each) =>
      quoteName({ schema, name: each }),
    );
  return new Set([...snapshot.sequences.map(quoteName), ...snapshot.relations.flatMap(own)]);
});
