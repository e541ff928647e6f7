import type { Constraint, Relation } from '../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../identifiers.js';
import type { ClassifiedRelation } from '../tenancy/model.js';
import type { Fault, Subject } from './check.js';
import { requireReference } from './fix/online.js';
import { once } from './once.js';
import { findAll, textsOf } from './policy/nodes.js';
import { relationOf, tenantTables } from './relations.js';

/** A foreign key between two tenant relations. */
export interface TenantLink {
  child: ClassifiedRelation;
  parent: ClassifiedRelation;
  constraint: Constraint;
  /** Whether the tenant is part of it, so that a row cannot refer to another tenant's. */
  carriesTenant: boolean;
}

/** Foreign keys from tenant tables to tenant relations other than the root, those inherited from a parent left out. */
export const tenantLinks = once((subject: Subject): readonly TenantLink[] =>
  tenantTables(subject).flatMap((child) => linksOf(subject, child)),
);

/** Those of one table. */
export function linksOf(subject: Subject, child: ClassifiedRelation): readonly TenantLink[] {
  return linksIn(subject)(child);
}

const linksIn = once((subject: Subject) =>
  once((child: ClassifiedRelation): readonly TenantLink[] =>
    child.relation.constraints.flatMap((constraint) => {
      const { foreignKey, inherited } = constraint;
      const parent = foreignKey && !inherited ? subject.classified(foreignKey.relation) : undefined;
      if (parent?.class !== 'tenant') return [];
      return [{ child, parent, constraint, carriesTenant: carriesTenant(child, parent, constraint) }];
    }),
  ),
);

function carriesTenant(
  child: ClassifiedRelation,
  parent: ClassifiedRelation,
  constraint: Constraint,
): boolean {
  return constraint.columns.some(
    (column, index) =>
      column === child.tenantColumn &&
      parent.tenantColumn !== undefined &&
      constraint.foreignKey?.columns[index] === parent.tenantColumn,
  );
}

/** The constraint that a fault names, with the relation it is on. */
export function constraintOf(
  subject: Subject,
  fault: Fault,
): { known: ClassifiedRelation; constraint: Constraint } | undefined {
  const known = relationOf(subject, fault);
  const constraint = known?.relation.constraints.find(({ name }) => name === fault.part);
  return known && constraint && { known, constraint };
}

/** SQL that replaces a foreign key by one over the given columns. */
export function replaceForeignKey(
  subject: Subject,
  relation: Relation,
  constraint: Constraint,
  parent: Relation,
  pairs: readonly { column: string; references: string }[],
  actions: { onDelete: string; onUpdate: string },
): string {
  const columns = pairs.map(({ column }) => quoteIdent(column)).join(', ');
  const references = pairs.map((pair) => quoteIdent(pair.references)).join(', ');
  const definition = [
    `FOREIGN KEY (${columns})`,
    `  REFERENCES ${quoteName(parent)} (${references})`,
    `  ON DELETE ${actions.onDelete} ON UPDATE ${actions.onUpdate}${deferralOf(constraint)}`,
  ].join('\n');
  return requireReference(subject, relation, constraint.name, definition, constraint.name);
}

/** When it is checked, as it follows a constraint's definition. */
export function deferralOf({ deferrable, initiallyDeferred }: Constraint): string {
  if (!deferrable) return '';
  return ` DEFERRABLE${initiallyDeferred ? ' INITIALLY DEFERRED' : ''}`;
}

/**
 * Whether a key is the tenants' own by another of its columns: one that refers to a row of the tenant's, or one that the
 * database or chance makes up (a uuid, an identity, a generated default), unless it names a row that everyone knows.
 */
export function isOwnKey(subject: Subject, relation: Relation, name: string): boolean {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (!column) return false;
  const referred = relation.constraints
    .filter(({ columns, foreignKey }) => foreignKey && columns.includes(name))
    .flatMap(({ foreignKey }) => subject.classified(foreignKey?.relation ?? 0) ?? []);
  if (referred.some((known) => known.class === 'tenant')) return true;
  if (referred.some((known) => isKnownToAll(subject, known))) return false;
  if (['uuid', 'bytea'].includes(column.baseType) || column.identity !== undefined) return true;
  return column.defaultExpression !== undefined && makesUpValues(subject, column.defaultExpression);
}

/** Keys of shared rows can be read; of the root's, each tenant knows its own, which others' rows may name. */
function isKnownToAll(subject: Subject, { class: kind, relation }: ClassifiedRelation): boolean {
  return kind === 'root' || (kind === 'shared' && subject.app.privileges(relation).has('SELECT'));
}

/** What PostgreSQL's own functions make up; the others give everyone the same at one time. */
const MADE_UP = ['nextval', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'random', 'random_normal'];

function makesUpValues(subject: Subject, expression: string): boolean {
  const isVolatile = (called: string) =>
    subject.snapshot.functions.some(({ name, volatility }) => name === called && volatility === 'volatile');
  return findAll(subject.sql.expression(expression), 'FuncCall').some(({ funcname }) => {
    const name = textsOf(funcname).at(-1) ?? '';
    return MADE_UP.includes(name) || isVolatile(name);
  });
}
