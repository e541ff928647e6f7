import type { Constraint, ForeignKeyAction, Relation } from '../../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check, Subject } from '../../check.js';
import { requireUnique } from '../../fix/online.js';
import { constraintOf, linksOf, replaceForeignKey } from '../../keys.js';
import { applying } from '../../policy/applying.js';
import type { Actor } from '../../reach.js';
import { faultOf, isWritable, tenantTables } from '../../relations.js';
import { coverOf, crossingLinks } from '../../spanning.js';

export const fkCrossesTenants: Check = {
  id: 'fk-crosses-tenants',
  family: 'keys',
  title: 'A foreign key between tenant tables does not carry the tenant',
  severity: 'error',
  explanation:
    'Foreign keys are checked without row level security, so a row of one tenant can refer to a row of another. The error ' +
    "tells which of another tenant's keys exist, the reference keeps that tenant from deleting its row, and ON DELETE or ON " +
    'UPDATE actions then change or delete rows across tenants. A foreign key over (tenant, id) cannot cross; beside one, ' +
    'the single-column key is only talkative (warn). Where tenants may delete themselves, a second reference to the root must ' +
    'not act on the row.',
  *find(subject) {
    for (const link of tenantTables(subject).flatMap((known) => crossingLinks(subject, known))) {
      const { child, parent, constraint } = link;
      const cover = coverOf(subject, link);
      if (cover) {
        const detail = `${constraint.name}: ${cover} keeps it from crossing, but its error tells which keys exist elsewhere`;
        yield faultOf(child.relation, detail, { part: constraint.name, severity: 'warn' });
        continue;
      }
      const what = `${constraint.columns.join(', ')} may refer to ${parent.relation.name} of another tenant`;
      yield faultOf(child.relation, `${constraint.name}: ${what}${effect(constraint)}`, {
        part: constraint.name,
        ...(!isWritable(subject, child.relation) && { severity: 'warn' }),
      });
    }
    for (const { relation, constraint } of rootReferences(subject)) {
      const what = `a tenant that deletes itself changes the rows of others by ON DELETE ${constraint.foreignKey?.onDelete.toUpperCase()}`;
      yield faultOf(relation, `${constraint.name}: ${what}`, { part: constraint.name });
    }
  },
  fix(fault, subject) {
    const found = constraintOf(subject, fault);
    const key = found?.constraint.foreignKey;
    const parent = subject.classified(key?.relation ?? 0);
    if (found && key && parent?.class === 'root') return withoutAction(subject, found, parent);
    const tenant = found?.known.tenantColumn;
    const parentTenant = parent?.tenantColumn;
    if (!found || !key || !parent || tenant === undefined || parentTenant === undefined) return undefined;
    const { constraint, known } = found;
    const table = quoteName(known.relation);
    const link = linksOf(subject, known).find((candidate) => candidate.constraint === constraint);
    if (link && coverOf(subject, link))
      return `ALTER TABLE ${table} DROP CONSTRAINT ${quoteIdent(constraint.name)};`;
    const actions = scopedActions(subject, constraint);
    if (!actions) return undefined;
    const pairs = [
      { column: tenant, references: parentTenant },
      ...constraint.columns.map((column, index) => ({ column, references: key.columns[index] ?? '' })),
    ];
    const columns = pairs.map(({ references }) => references);
    return [
      ...(hasUniqueKey(parent.relation, columns) ? [] : [requireUnique(subject, parent.relation, columns)]),
      replaceForeignKey(subject, known.relation, constraint, parent.relation, pairs, actions),
    ].join('\n');
  },
};

/** References to another tenant than the one whose row it is, that act on the row, where tenants may delete themselves. */
function rootReferences(subject: Subject): { relation: Relation; constraint: Constraint }[] {
  const { root } = subject.tenancy;
  const mayDelete = (actor: Actor) =>
    root !== undefined &&
    subject.app.privilegesAs(actor, root.relation).has('DELETE') &&
    applying(root.relation, actor, 'delete').permissive.length > 0;
  if (!root || !subject.app.actors.some(mayDelete)) return [];
  return tenantTables(subject).flatMap(({ relation, tenantColumn, path }) =>
    relation.constraints
      .filter(({ name, columns, foreignKey, inherited }) => {
        const isAnother =
          foreignKey?.relation === root.relation.oid && !inherited && path[0]?.constraint !== name;
        return isAnother && acts(foreignKey.onDelete) && !(tenantColumn && columns.includes(tenantColumn));
      })
      .map((constraint) => ({ relation, constraint })),
  );
}

function acts(action: ForeignKeyAction | undefined): boolean {
  return action !== 'no action' && action !== 'restrict';
}

function effect({ foreignKey }: Constraint): string {
  return [
    acts(foreignKey?.onDelete) ? `; ON DELETE ${foreignKey?.onDelete.toUpperCase()} crosses with it` : '',
    acts(foreignKey?.onUpdate) ? `; ON UPDATE ${foreignKey?.onUpdate.toUpperCase()} crosses with it` : '',
  ].join('');
}

/** SET NULL must not clear the tenant, too: PostgreSQL 15 and later take the columns to clear, for ON DELETE only. */
function scopedActions(
  subject: Subject,
  { columns, foreignKey }: Constraint,
): { onDelete: string; onUpdate: string } | undefined {
  if (!foreignKey) return undefined;
  const sets = (action: ForeignKeyAction) => action === 'set null' || action === 'set default';
  if (sets(foreignKey.onUpdate)) return undefined;
  const onUpdate = foreignKey.onUpdate.toUpperCase();
  if (!sets(foreignKey.onDelete)) return { onDelete: foreignKey.onDelete.toUpperCase(), onUpdate };
  if (subject.snapshot.server.versionNumber < 150000) return undefined;
  const cleared = foreignKey.deleteSetColumns.length > 0 ? foreignKey.deleteSetColumns : columns;
  return {
    onDelete: `${foreignKey.onDelete.toUpperCase()} (${cleared.map(quoteIdent).join(', ')})`,
    onUpdate,
  };
}

/** The same reference, which then keeps a tenant that is referred to from being deleted. */
function withoutAction(
  subject: Subject,
  { known, constraint }: { known: ClassifiedRelation; constraint: Constraint },
  { relation: root }: ClassifiedRelation,
): string {
  const references = constraint.foreignKey?.columns ?? [];
  const pairs = constraint.columns.map((column, at) => ({ column, references: references[at] ?? '' }));
  const onUpdate = constraint.foreignKey?.onUpdate.toUpperCase() ?? 'NO ACTION';
  return replaceForeignKey(subject, known.relation, constraint, root, pairs, {
    onDelete: 'NO ACTION',
    onUpdate,
  });
}

function hasUniqueKey(relation: Relation, columns: readonly string[]): boolean {
  return relation.indexes.some(
    (index) =>
      index.unique &&
      index.valid &&
      index.predicate === undefined &&
      index.columns.length === columns.length &&
      columns.every((column) => index.columns.includes(column)),
  );
}
