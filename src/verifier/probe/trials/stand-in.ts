import type { Proof } from '../proof/proof.js';
import { insertion } from '../rows/insertion.js';
import type { ProbeSession } from '../session/session.js';
import type { Setting } from '../tenants/setting.js';
import type { Side, Subject } from '../world/subject.js';
import type { World } from '../world/world.js';
import { insertCrossings } from './insert.js';
import { evaluatePolicies } from './outside.js';

/** What was evaluated where nothing could be tried. */
export interface StandIn {
  victim: Side;
  proofs: Proof[];
}

/**
 * Where no row can be had, the server evaluates the policies on a row that is given as values, and INSERT is tried, whose
 * policies come before any constraint. What is let pass is a crossing like any other; what is refused proves as little
 * as the second tenant's own context is known to admit that row: undefined where it does not. It can convict and never
 * acquit: without a row there is no positive control.
 */
export async function standIn(
  world: World,
  subject: Subject,
  { tenants, strangers, roles }: Setting,
): Promise<StandIn | undefined> {
  const { known, access, relation } = subject;
  const { session } = world;
  if (known.tenantColumn === undefined) return undefined;
  const victim: Side = { tenant: tenants.b, row: new Map([[known.tenantColumn, tenants.b]]) };
  if (!(await admitsOwn(session, subject, victim, roles))) return undefined;
  const proofs: Proof[] = [];
  for (const { context, value } of [{ context: 'tenant' as const, value: tenants.a }, ...strangers]) {
    const speaker = session.as(value);
    if (await speaker.refused()) continue;
    const evaluated = await evaluatePolicies(speaker, subject, victim, roles, context);
    proofs.push(...evaluated.filter(({ command }) => command !== 'insert'));
    if (access.insert.length === 0) continue;
    const forms = [{ form: 'plain', statement: insertion(relation, victim.row) }];
    proofs.push(...(await insertCrossings(speaker, forms, context)));
  }
  return { victim, proofs };
}

/** Whether the policies, evaluated, let the row's own tenant see it: else their "no" to others says nothing. */
export async function admitsOwn(
  session: ProbeSession,
  subject: Subject,
  own: Side,
  roles: ReadonlySet<string>,
): Promise<boolean> {
  const speaker = session.as(own.tenant);
  if (await speaker.refused()) return false;
  const [first] = await evaluatePolicies(speaker, subject, own, roles, 'tenant');
  return first?.result === 'crossed' || first?.result === 'allowed';
}
