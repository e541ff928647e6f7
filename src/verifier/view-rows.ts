import type { Relation } from '../catalog/snapshot.js';
import type { ClassifiedRelation } from '../tenancy/model.js';
import type { Subject } from './check.js';
import { type Reading, readingsOf } from './policy/rows.js';
import { unboundReason } from './policy/unbound.js';

/** Whose rows of a table a view hands out by its own text; undefined where it only looks into it to choose rows of others. */
export function rowsThrough(
  subject: Subject,
  view: Relation,
  known: ClassifiedRelation,
): Reading['rows'] | undefined {
  const resolve = (schema: string | undefined, name: string) => subject.named(schema ?? '', name);
  const [statement] = subject.sql.statements(view.viewDefinition ?? '') ?? [];
  if (!statement) return 'open';
  const readings = readingsOf(subject, statement, resolve).filter(({ relation }) => relation === known);
  const rows = readings.map((reading) => reading.rows);
  return rows.find((row) => row === 'open') ?? rows.find((row) => row === 'unknown') ?? rows[0];
}

/** Whether a role that reads a relation gets rows that no policy keeps from it, and the relation itself does not, either. */
export function isUnbound(subject: Subject, role: string, relation: Relation): boolean {
  if (relation.kind === 'materialized view') return relation.reads.some((oid) => holdsTenants(subject, oid));
  if (relation.kind !== 'view') return unboundReason(subject, role, relation, 'function') !== undefined;
  const reader = relation.securityInvoker ? role : relation.owner;
  return relation.reads.some((oid) => {
    const known = subject.classified(oid);
    if (!known || !holdsTenants(subject, oid) || !isUnbound(subject, reader, known.relation)) return false;
    return (
      known.relation.kind === 'view' ||
      ['open', 'unknown'].includes(rowsThrough(subject, relation, known) ?? '')
    );
  });
}

/** Of a view without a tenant column that is what it reads. */
function holdsTenants(subject: Subject, oid: number): boolean {
  const known = subject.classified(oid);
  if (!known) return false;
  if (known.class === 'tenant' || known.class === 'root') return true;
  return known.class === 'untenanted' && known.relation.reads.some((inner) => holdsTenants(subject, inner));
}
