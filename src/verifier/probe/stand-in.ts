import { displayName } from '../../identifiers.js';
import { insertCrossings } from './insert.js';
import { evaluatePolicies } from './outside.js';
import type { Proof } from './proof.js';
import { insertion } from './rows/insertion.js';
import type { Unmet } from './rows/references.js';
import type { ProbeSession } from './session.js';
import type { Side, Subject } from './subject.js';
import type { Setting } from './table.js';
import type { World } from './world.js';

/** What stands in for trying, where no row can be. */
export interface StandIn {
  victim: Side;
  proofs: Proof[];
  note: string;
}

/**
 * A table that must refer to one that is empty, and that the app may not write to, holds no row and can get none: there
 * is nothing to cross to, and nothing to try on. Then the policies that will guard its rows are evaluated by the server
 * on a row given as values, and INSERT is tried, whose policies come before any constraint. Only where the second tenant's
 * own context admits that row does it count.
 */
export async function standIn(
  world: World,
  subject: Subject,
  unmet: Unmet,
  setting: Setting,
  roles: ReadonlySet<string>,
): Promise<StandIn | undefined> {
  const { known, access } = subject;
  const parent = unmet.emptyParent && world.byOid.get(unmet.emptyParent.oid);
  if (!parent || known.tenantColumn === undefined) return undefined;
  const { committed, tenants, strangers } = setting;
  if ((await committed.holdsRows(known)) !== false || (await committed.holdsRows(parent)) !== false)
    return undefined;
  const victim: Side = { tenant: tenants.b, row: new Map([[known.tenantColumn, tenants.b]]) };
  if (!(await admitsOwn(world.session, subject, victim, roles))) return undefined;
  const proofs: Proof[] = [];
  for (const { context, value } of [{ context: 'tenant' as const, value: tenants.a }, ...strangers]) {
    if (await world.session.become(value)) continue;
    const evaluated = await evaluatePolicies(world.session, subject, victim, roles, context);
    proofs.push(...evaluated.filter(({ command }) => command !== 'insert'));
    if (access.insert.length === 0) continue;
    const forms = [['plain', insertion(subject.relation, victim.row)]] as const;
    proofs.push(...(await insertCrossings(world.session, forms, context)));
  }
  const name = displayName(parent.relation);
  return {
    victim,
    proofs,
    note: `empty as long as ${name} is: its policies were evaluated on a row given as values`,
  };
}

/** Whether the policies, evaluated, let the row's own tenant see it: else their "no" to others says nothing. */
export async function admitsOwn(
  session: ProbeSession,
  subject: Subject,
  own: Side,
  roles: ReadonlySet<string>,
): Promise<boolean> {
  if (await session.become(own.tenant)) return false;
  const [first] = await evaluatePolicies(session, subject, own, roles, 'tenant');
  return first?.result === 'crossed';
}
