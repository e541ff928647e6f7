import type { Constraint, ForeignKey } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Subject } from '../../check.js';
import { linksOf } from '../../keys.js';
import { coverOf, crossingLinks } from '../../spanning.js';

/** A foreign key by which what is done to one tenant's row reaches another tenant. */
export interface Link {
  constraint: Constraint;
  foreignKey: ForeignKey;
  parent: ClassifiedRelation;
  /** It carries the tenant, and sets it to this default (an expression) when the parent goes. */
  tenantAfter: string | undefined;
}

/** Those by which rows of two tenants may come to refer to one another, or a row comes to another tenant. */
export function reachingLinks(subject: Subject, known: ClassifiedRelation): Link[] {
  return [...crossing(subject, known), ...givingAway(subject, known)];
}

/** Those that another one keeps from crossing are left out. */
function crossing(subject: Subject, known: ClassifiedRelation): Link[] {
  return crossingLinks(subject, known).flatMap((link) => {
    const { constraint, parent } = link;
    const { foreignKey } = constraint;
    if (!foreignKey || coverOf(subject, link) !== undefined) return [];
    return { constraint, foreignKey, parent, tenantAfter: undefined };
  });
}

function givingAway(subject: Subject, known: ClassifiedRelation): Link[] {
  const column = known.relation.columns.find(({ name }) => name === known.tenantColumn);
  const tenantAfter = column?.defaultExpression;
  if (tenantAfter === undefined) return [];
  return linksOf(subject, known).flatMap(({ constraint, parent, carriesTenant }) => {
    const { foreignKey } = constraint;
    if (!foreignKey || !carriesTenant) return [];
    const { onDelete, onUpdate, deleteSetColumns } = foreignKey;
    const all = deleteSetColumns.length === 0 || deleteSetColumns.includes(column?.name ?? '');
    const isSet = (onDelete === 'set default' && all) || onUpdate === 'set default';
    return isSet ? { constraint, foreignKey, parent, tenantAfter } : [];
  });
}

/** Those that carry the tenant, and are not checked where it is NULL. */
export function skippable(subject: Subject, known: ClassifiedRelation): Link[] {
  const column = known.relation.columns.find(({ name }) => name === known.tenantColumn);
  if (!column || column.notNull) return [];
  return linksOf(subject, known).flatMap(({ constraint, parent, carriesTenant }) => {
    const { foreignKey, columns } = constraint;
    const isSkipped = carriesTenant && foreignKey?.match === 'simple' && columns.length > 1;
    return isSkipped ? { constraint, foreignKey, parent, tenantAfter: undefined } : [];
  });
}
