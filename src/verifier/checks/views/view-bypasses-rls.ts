import type { Relation } from '../../../catalog/snapshot.js';
import { quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check, Subject } from '../../check.js';
import { revokeOn } from '../../grants.js';
import type { Reading } from '../../policy/rows.js';
import { unboundReason } from '../../policy/unbound.js';
import { faultOf, isTouchable, relationOf } from '../../relations.js';
import { rowsThrough } from '../../view-rows.js';

/** security_invoker exists from this version on. */
const SECURITY_INVOKER = 150000;

export const viewBypassesRls: Check = {
  id: 'view-bypasses-rls',
  family: 'views',
  title: 'A view reads tenant tables with the rights of an owner whom policies do not bind',
  severity: 'error',
  explanation:
    'Unless it is security_invoker (PostgreSQL 15 and later), a view reads its tables as its owner. A superuser, a BYPASSRLS ' +
    'role, or the owner of a table that is not forced sees every tenant, and so does everyone who may use the view, also by ' +
    'writing through it. A view that asks for the tenant itself needs security_barrier: without it, a cast in the ' +
    "caller's WHERE may fail over rows before they are filtered, and tell what is in them. A filter that cannot be read is a warning.",
  onlyUnderRls: true,
  *find(subject) {
    for (const [view, through] of reachableViews(subject)) {
      if (view.securityInvoker || subject.classified(view.oid)?.class === 'shared') continue;
      const exposed = view.reads.flatMap((oid) => exposure(subject, view, subject.classified(oid)) ?? []);
      const worst = exposed.find(({ rows }) => rows !== 'unknown') ?? exposed[0];
      if (!worst) continue;
      const how = worst.rows === 'open' ? worst.reason : `${worst.reason}; ${LIMITS[worst.rows]}`;
      yield faultOf(view, `reads ${worst.table.name} as ${view.owner}: ${how}${through}`, {
        ...(worst.rows === 'unknown' && { severity: 'warn', undecided: true }),
      });
    }
  },
  fix(fault, subject) {
    const known = relationOf(subject, fault);
    if (!known) return undefined;
    const view = quoteName(known.relation);
    if (subject.snapshot.server.versionNumber >= SECURITY_INVOKER) {
      return `ALTER VIEW ${view} SET (security_invoker = true);`;
    }
    return revokeOn(subject, fault, 'ALL');
  },
};

/** Views the application can use, and those that such a view reads for it, with how they are reached. */
function reachableViews(subject: Subject): Map<Relation, string> {
  const views = subject.snapshot.relations.filter((relation) => relation.kind === 'view');
  const reached = new Map(views.filter((view) => isTouchable(subject, view)).map((view) => [view, '']));
  for (const [view] of reached) {
    // An invoker view is used as whoever asks, so what it reads must be granted to the application itself.
    if (view.securityInvoker) continue;
    for (const oid of view.reads) {
      const inner = subject.relation(oid);
      if (inner?.kind === 'view' && !reached.has(inner)) reached.set(inner, `, through ${view.name}`);
    }
  }
  return reached;
}

const LIMITS = {
  closed: "its filter is asked after what stands in the caller's WHERE, without security_barrier",
  unknown: 'its own filter is all that holds',
} as const;

interface Exposure {
  table: Relation;
  reason: string;
  rows: Reading['rows'];
}

function exposure(
  subject: Subject,
  view: Relation,
  known: ClassifiedRelation | undefined,
): Exposure | undefined {
  if (!known || (known.class !== 'tenant' && known.class !== 'root')) return undefined;
  const table = known.relation;
  if (table.kind === 'view') return undefined;
  const reason = unboundReason(subject, view.owner, table, 'view');
  // A table that is itself open to the application is the fault to mend, not the view.
  if (reason === undefined || (!table.rowSecurity && isTouchable(subject, table))) return undefined;
  const rows = rowsThrough(subject, view, known);
  if (rows === undefined || (rows === 'closed' && view.securityBarrier)) return undefined;
  return { table, reason, rows };
}
