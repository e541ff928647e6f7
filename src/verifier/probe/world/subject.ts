import type { Column, Relation } from '../../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Statement } from '../session/attempt.js';
import type { Access } from './access.js';
import { isStored, type RowValues } from './world.js';

/** One tenant with a row of its own. */
export interface Side {
  tenant: string;
  row: RowValues;
}

/** A relation in which two tenants have a row each: what crossings are tried on. */
export interface Subject {
  known: ClassifiedRelation;
  relation: Relation;
  /** Schema and name, quoted. */
  name: string;
  access: Access;
  /** Columns by which a row is found: those that tell it from all others, else the tenant's. May be empty. */
  key: string[];
  /** Columns in which a key, a reference or a CHECK has a say. */
  bound: ReadonlySet<string>;
  /** Whether nothing is theirs but what the probe made. */
  fresh: boolean;
}

export function subjectOf(known: ClassifiedRelation, access: Access, fresh: boolean): Subject {
  const { relation } = known;
  const key = keyOf(known, access);
  return { known, relation, name: quoteName(relation), access, key, bound: boundColumns(relation), fresh };
}

function boundColumns(relation: Relation): Set<string> {
  return new Set([
    ...relation.constraints.flatMap(({ columns }) => columns),
    ...relation.indexes.filter(({ unique }) => unique).flatMap(({ columns }) => columns),
  ]);
}

/** The primary key, another key that is never NULL, where the row is stored; else whose it is. */
function keyOf({ relation, tenantColumn }: ClassifiedRelation, access: Access): string[] {
  const readable = (columns: string[]) =>
    columns.length > 0 && columns.every((name) => access.select.includes(name));
  const never = (columns: string[]) =>
    columns.every((name) => relation.columns.some((column) => column.name === name && column.neverNull));
  const keys = relation.indexes
    .filter(
      ({ unique, valid, predicate, columns }) =>
        unique && valid && !predicate && readable(columns) && never(columns),
    )
    .sort((a, b) => Number(b.primary) - Number(a.primary));
  if (keys[0]) return keys[0].columns;
  if (isStored(relation) && access.selectAll) return ['tableoid', 'ctid'];
  return tenantColumn !== undefined && readable([tenantColumn]) ? [tenantColumn] : [];
}

/** A condition with its parameters, numbered from `first`. */
export interface Condition {
  text: string;
  values: (string | null)[];
}

/** The condition that a row is this one. */
export function isRow(subject: Subject, row: RowValues, first = 1): Condition {
  return {
    text: subject.key
      .map((name, index) => `${quoteIdent(name)} = $${first + index}::${typeOf(subject.relation, name)}`)
      .join(' and '),
    values: subject.key.map((name) => row.get(name) ?? null),
  };
}

/** Whether a row's key is known, so that it can be asked for. */
export function hasKey(subject: Subject, row: RowValues): boolean {
  return subject.key.length > 0 && subject.key.every((name) => row.get(name) !== undefined);
}

/** Whether a column may be read that says whose a row is. */
export function tellsTenant({ known, access }: Subject): boolean {
  return known.tenantColumn !== undefined && access.select.includes(known.tenantColumn);
}

/** How another tenant's row is named in a report: by its key, save where the probe made it and takes it back. */
export function describeRow(subject: Subject, row: RowValues): string {
  if (subject.fresh) return "another tenant's row";
  const key = subject.key.map((name) => `${name} = ${row.get(name) ?? 'null'}`).join(', ');
  return `another tenant's row (${key})`;
}

export function typeOf(relation: Relation, name: string): string {
  if (name === 'ctid') return 'tid';
  if (name === 'tableoid') return 'oid';
  return columnNamed(relation, name)?.type ?? 'text';
}

export function columnNamed(relation: Relation, name: string | undefined): Column | undefined {
  return relation.columns.find((column) => column.name === name);
}

/** Whether the place of a row can be read, which each write to it changes. */
export function showsPlace({ access, relation }: Subject): boolean {
  return access.selectAll && isStored(relation);
}

/** What a row looks like, so that any change to it shows; an UPDATE that changes no value still moves the row. */
export function lookAt(subject: Subject, row: RowValues): Statement {
  const { access, name } = subject;
  const place = showsPlace(subject) ? ['tableoid', 'ctid'] : [];
  const line = `row(${[...access.select, ...place].map(quoteIdent).join(', ')})::text`;
  const condition = isRow(subject, row);
  return {
    // A sum is the same in whichever order they are found.
    text: `select count(*), pg_catalog.sum(pg_catalog.hashtextextended(${line}, 0))
      from ${name} where ${condition.text}`,
    values: condition.values,
  };
}

/** A row of each of two tenants in one relation. */
export interface Pair {
  a: Side;
  b: Side;
  /** Whether the rows were made by the probe, for tenants that it made. */
  fresh: boolean;
}
