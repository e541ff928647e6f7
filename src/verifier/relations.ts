import type { ForeignKeyAction, Relation } from '../catalog/snapshot.js';
import type { ClassifiedRelation, RelationClass } from '../tenancy/model.js';
import type { Fault, Subject } from './check.js';
import { once } from './once.js';

/**
 * Relations that hold tenants' rows themselves, the root included: tables and partitioned tables of the configured schemas,
 * and of any other schema where the application can touch them.
 */
export const tenantTables = once((subject: Subject) => tablesOfClass(subject, ['tenant', 'root']));

/** The same, and the tables that all tenants share. */
export const guardedTables = once((subject: Subject) => tablesOfClass(subject, ['tenant', 'root', 'shared']));

function tablesOfClass(subject: Subject, classes: readonly RelationClass[]): readonly ClassifiedRelation[] {
  return subject.tenancy.relations.filter(
    (known) => classes.includes(known.class) && concerns(subject, known.relation),
  );
}

function concerns(subject: Subject, relation: Relation): boolean {
  const configured = subject.tenancy.config.schemas.includes(relation.schema);
  return isTable(relation) && (configured || isTouchable(subject, relation));
}

export function isTable(relation: Relation): boolean {
  return relation.kind === 'table' || relation.kind === 'partitioned table';
}

/** Whether the application may do anything at all with it. */
export function isTouchable(subject: Subject, relation: Relation): boolean {
  return subject.app.privileges(relation).size > 0;
}

/** Whether the application may add rows or change them; those of a partition by the table that it is a part of, too. */
export function isWritable(subject: Subject, relation: Relation): boolean {
  return ['INSERT', 'UPDATE'].some((privilege) => holds(subject, relation, privilege));
}

/** Whether statements of the application may add, change or delete its rows, also by the action of a foreign key. */
export function isChanged(subject: Subject, relation: Relation): boolean {
  const above = new Set([relation]);
  for (const each of above) {
    if (['INSERT', 'UPDATE', 'DELETE'].some((privilege) => holds(subject, each, privilege))) return true;
    for (const { foreignKey } of each.constraints) {
      const parent = subject.relation(foreignKey?.relation ?? 0);
      const acts = [foreignKey?.onDelete, foreignKey?.onUpdate].some((action) => !PASSIVE.includes(action));
      if (parent && acts) above.add(parent);
    }
  }
  return false;
}

const PASSIVE: readonly (ForeignKeyAction | undefined)[] = ['no action', 'restrict'];

/** A privilege on it, or on what it inherits from: a statement for that one reaches its rows. */
function holds(subject: Subject, relation: Relation, privilege: string): boolean {
  if (subject.app.privileges(relation).has(privilege)) return true;
  return relation.parents.some((oid) => {
    const parent = subject.relation(oid);
    return parent !== undefined && holds(subject, parent, privilege);
  });
}

/** A fault of a relation. */
export function faultOf(
  { schema, name }: Pick<Relation, 'schema' | 'name'>,
  detail: string,
  more: Omit<Partial<Fault>, 'schema' | 'object' | 'detail'> = {},
): Fault {
  return { schema, object: name, detail, ...more };
}

/** The relation that a fault names. */
export function relationOf(subject: Subject, fault: Fault): ClassifiedRelation | undefined {
  return subject.named(fault.schema, fault.object);
}

/** 'SELECT, INSERT by booking_app and PUBLIC': who of the application's roles holds what. */
export function holders(subject: Subject, relation: Relation, privilege?: string): string {
  const grants = subject.app
    .grantsOn(relation)
    .filter((grant) => privilege === undefined || grant.privilege === privilege);
  const names = [...new Set(grants.map(({ grantee }) => roleName(grantee)))];
  return names.length > 0 ? names.join(' and ') : (subject.app.role?.name ?? 'PUBLIC');
}

/** A grantee as people write it. */
export function roleName(grantee: string): string {
  return grantee === 'public' ? 'PUBLIC' : grantee;
}
