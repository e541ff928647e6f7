import type { Node } from 'libpg-query';
import type { Constraint, Index, Relation } from '../catalog/snapshot.js';
import type { ClassifiedRelation } from '../tenancy/model.js';
import type { Subject } from './check.js';
import { isOwnKey, linksOf, type TenantLink } from './keys.js';
import { keepsKey } from './policy/keeps-key.js';
import { findAll, textsOf } from './policy/nodes.js';

/** The unique indexes of a table under which a row of one tenant stands in the way of another's. */
export function unscopedKeys(subject: Subject, known: ClassifiedRelation): Index[] {
  if (known.class === 'root') return [];
  return known.relation.indexes.filter(
    (index) => index.unique && index.valid && !index.inherited && !isScoped(subject, known, index),
  );
}

/** The same for exclusion constraints. */
export function unscopedExclusions(subject: Subject, known: ClassifiedRelation): Constraint[] {
  if (known.class === 'root') return [];
  return known.relation.constraints.filter(({ kind, columns, operators, inherited }) => {
    if (kind !== 'exclusion' || inherited) return false;
    return !columns.some(
      (column, at) =>
        operators[at] === '=' && (column === known.tenantColumn || isOwnKey(subject, known.relation, column)),
    );
  });
}

/** Of a text primary key only its makers know. */
export function isOpaque(relation: Relation, { primary, columns: [name, ...more] }: Index): boolean {
  const type = relation.columns.find((column) => column.name === name)?.baseType ?? '';
  return primary && more.length === 0 && (type === 'text' || type.startsWith('character'));
}

/** Foreign keys of a table that may lead to another tenant's row, save the one by which it is known whose the rows are. */
export function crossingLinks(subject: Subject, known: ClassifiedRelation): TenantLink[] {
  return linksOf(subject, known).filter(
    ({ constraint, carriesTenant }) => !carriesTenant && known.path[0]?.constraint !== constraint.name,
  );
}

/** Another foreign key, over the same columns and the tenant, without which this one could cross. */
export function coverOf(subject: Subject, link: TenantLink): string | undefined {
  return linksOf(subject, link.child).find(
    (other) =>
      other.carriesTenant &&
      other.parent === link.parent &&
      link.constraint.columns.every((column) => other.constraint.columns.includes(column)),
  )?.constraint.name;
}

/** What a unique index compares: the columns of its elements, as they are stored. */
export function comparedBy(subject: Subject, relation: Relation, { columns, definition }: Index): string[] {
  if (!columns.includes('')) return stored(subject, relation, columns);
  return stored(
    subject,
    relation,
    elementsOf(subject, definition).slice(0, columns.length).flatMap(columnsIn),
  );
}

/** The columns that an exclusion constraint compares. */
export function excludedBy(subject: Subject, relation: Relation, { definition }: Constraint): string[] {
  const elements = elementsOf(subject, `ALTER TABLE t ADD ${definition}`);
  return stored(subject, relation, elements.flatMap(columnsIn));
}

function isScoped(subject: Subject, known: ClassifiedRelation, index: Index): boolean {
  const { relation } = known;
  if (keepsTenantsApart(subject, known, index)) return true;
  // What is made of such a key need not be one.
  const columns = comparedBy(subject, relation, index);
  return columns.some((name) => index.columns.includes(name) && isOwnKey(subject, relation, name));
}

/** Whether rows of two tenants always differ in one of its elements; what is computed from the tenant may forget it. */
function keepsTenantsApart(
  subject: Subject,
  { relation, tenantColumn }: ClassifiedRelation,
  { columns, definition }: Index,
): boolean {
  const tenant = relation.columns.find(({ name }) => name === tenantColumn);
  if (!tenant) return false;
  const computed = relation.columns.filter(({ name, generated }) => generated && columns.includes(name));
  const expressions = [
    ...computed.map(({ defaultExpression = '' }) => subject.sql.expression(defaultExpression)),
    ...(columns.includes('') ? elementsOf(subject, definition).slice(0, columns.length) : []),
  ];
  const isPlain = columns.includes(tenant.name) && !computed.includes(tenant);
  return isPlain || expressions.some((tree) => tree !== undefined && keepsKey(tree, tenant));
}

/** A generated column is as its expression makes it. */
function stored(subject: Subject, relation: Relation, columns: readonly string[]): string[] {
  const found = columns.flatMap((name) => {
    const column = relation.columns.find((candidate) => candidate.name === name);
    if (!column?.generated || column.defaultExpression === undefined) return [name];
    return columnsIn(subject.sql.expression(column.defaultExpression));
  });
  return [...new Set(found)];
}

/** The elements of an index or exclusion constraint as expressions, those that are only stored beside them last. */
function elementsOf(subject: Subject, definition: string): Node[] {
  return findAll(subject.sql.statements(definition), 'IndexElem').map(
    ({ name = '', expr }): Node => expr ?? { ColumnRef: { fields: [{ String: { sval: name } }] } },
  );
}

function columnsIn(tree: unknown): string[] {
  return findAll(tree, 'ColumnRef').flatMap(({ fields }) => textsOf(fields).at(-1) ?? []);
}
