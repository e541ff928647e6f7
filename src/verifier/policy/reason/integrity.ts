import type { Node } from 'libpg-query';
import type { Column, Relation } from '../../../catalog/snapshot.js';
import type { Subject } from '../../check.js';
import { findAll, textsOf } from '../nodes.js';
import type { Row } from './scope.js';
import { textOf, type Value } from './value.js';

/** A CHECK constraint of a table, or of a domain: then the column whose value it is about. */
export interface RowCheck {
  expression: Node;
  columns: string[];
  column: string | undefined;
}

const known = new WeakMap<Relation, RowCheck[]>();

export function checksOf(relation: Relation, { sql }: Subject): RowCheck[] {
  const before = known.get(relation);
  if (before) return before;
  const read = (definition: string, column?: string): RowCheck[] => {
    const trees = sql.statements(`alter table t add constraint c ${definition}`);
    return findAll(trees, 'Constraint').flatMap(({ raw_expr: expression, is_no_inherit: ofParentOnly }) => {
      // Those of NO INHERIT say nothing about the rows of children, which the table shows, too.
      if (!expression || ofParentOnly) return [];
      const columns = findAll(expression, 'ColumnRef').map(({ fields }) => textsOf(fields).at(-1) ?? '');
      return [{ expression, columns: column === undefined ? columns : [column], column }];
    });
  };
  const checks = [
    ...relation.constraints
      .filter(({ kind }) => kind === 'check')
      .flatMap(({ definition }) => read(definition)),
    ...relation.columns.flatMap(({ domainChecks, name }) =>
      domainChecks.flatMap((check) => read(check, name)),
    ),
  ];
  known.set(relation, checks);
  return checks;
}

/** Whether a table shows rows of others, which its keys and foreign keys do not bind; partitions are bound. */
export const hasHeirs = (relation: Relation, { childrenOf }: Subject): boolean =>
  relation.kind === 'table' && childrenOf(relation).length > 0;

/** Whether what is said of a table depends on those below it, and holds for no other one that looks alike. */
export const isOwnCase = (relation: Relation, subject: Subject): boolean =>
  hasHeirs(relation, subject) ||
  (subject.childrenOf(relation).length > 0 && relation.columns.some(({ generated }) => generated));

/** Whether no row that a table shows has NULL in a column: tables that inherit from it may allow that (ONLY, NO INHERIT). */
export function isRequired(column: Column, relation: Relation, subject: Subject): boolean {
  return holdsBelow(column, relation, subject, ({ neverNull }) => neverNull);
}

/** Whether a generated column is computed alike in all rows that a table shows: below it, also in partitions, it may differ. */
export function isMadeAlike(column: Column, relation: Relation, subject: Subject): boolean {
  const { defaultExpression } = column;
  return holdsBelow(
    column,
    relation,
    subject,
    (own) => own.generated && own.defaultExpression === defaultExpression,
  );
}

function holdsBelow(
  column: Column,
  relation: Relation,
  subject: Subject,
  test: (column: Column) => boolean,
): boolean {
  if (!test(column)) return false;
  return subject.childrenOf(relation).every((child) => {
    const own = child.columns.find(({ name }) => name === column.name);
    return own === undefined || holdsBelow(own, child, subject, test);
  });
}

/** Sets of columns that no two rows of a table agree in. */
export function uniqueSets(relation: Relation): string[][] {
  return [
    ...relation.constraints
      .filter(({ kind }) => kind === 'primary key' || kind === 'unique')
      .map(({ columns }) => columns),
    ...relation.indexes
      .filter(
        ({ unique, predicate, columns, valid }) =>
          unique && valid && predicate === undefined && !columns.includes(''),
      )
      .map(({ columns }) => columns),
  ];
}

/** Foreign keys whose every row refers to one that is there. */
export function referencesBetween(child: Relation, parent: Relation) {
  return child.constraints.flatMap(({ foreignKey, columns, validated }) =>
    foreignKey?.relation === parent.oid && validated ? [{ columns, references: foreignKey.columns }] : [],
  );
}

/** A row with the values that were asked for so far. */
type Held = Row & { held: ReadonlyMap<string, Value> };

/** Whether rows may be in a database together: their keys are unique, and none contradicts what it refers to. */
export function canBeTogether(rows: readonly Held[]): boolean {
  return rows.every((a, index) =>
    rows.every((b, at) => (at <= index || !isDuplicate(a, b)) && (at === index || !contradicts(a, b))),
  );
}

/**
 * Whose the rows are that foreign keys lead to from one, as far as these hold it: a row without a tenant column is of the
 * same tenants.
 */
export function tenantsBehind(own: Held, rows: readonly Held[]): Value[] {
  const reached = [own];
  for (const child of reached)
    reached.push(...rows.filter((row) => !reached.includes(row) && refersTo(child, row)));
  return reached.flatMap(({ held, known: table }) => held.get(table?.tenantColumn ?? '') ?? []);
}

const refersTo = (child: Held, parent: Held): boolean =>
  child.relation.constraints.some(
    ({ foreignKey, columns }) =>
      foreignKey?.relation === parent.relation.oid &&
      columns.every((name, at) => same(child.held.get(name), parent.held.get(foreignKey.columns[at] ?? ''))),
  );

const same = (a: Value | undefined, b: Value | undefined): boolean =>
  a !== undefined && b !== undefined && a.kind !== 'null' && sameText(a) === sameText(b);

const sameText = (value: Value): string => (value.kind === 'const' ? String(value.value) : textOf(value));

function isDuplicate(a: Held, b: Held): boolean {
  if (a.relation !== b.relation) return false;
  return uniqueSets(a.relation).some((columns) =>
    columns.every((name) => same(a.held.get(name), b.held.get(name))),
  );
}

/** The row that it refers to by a part that is unique in itself must be the same by the rest. */
function contradicts(child: Held, parent: Held): boolean {
  return referencesBetween(child.relation, parent.relation).some(({ columns, references }) => {
    const pairs = columns.map((name, at) => [name, references[at] ?? ''] as const);
    const agreed = new Set(
      pairs.flatMap(([mine, theirs]) =>
        same(child.held.get(mine), parent.held.get(theirs)) ? [theirs] : [],
      ),
    );
    if (!uniqueSets(parent.relation).some((set) => set.every((name) => agreed.has(name)))) return false;
    const values = pairs.map(([mine, theirs]) => [child.column(mine), parent.column(theirs)] as const);
    return (
      values.every(([mine]) => mine.kind !== 'null') && values.some(([mine, theirs]) => !same(mine, theirs))
    );
  });
}
