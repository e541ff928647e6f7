import type { OutsideCase } from './outside.js';
import { admitsOwn, standIn } from './stand-in.js';
import type { Setting, TableProbe } from './table.js';
import type { World } from './world.js';

/**
 * What is left to try on a table where the rows of this transaction cannot be seen; where no rows could be had at all,
 * whatever can stand in for them.
 *
 * @param roles the roles whose privileges the login has without doing anything
 */
export async function outsideCase(
  world: World,
  { probe, subject, pair, unmet }: TableProbe,
  setting: Setting,
  roles: ReadonlySet<string>,
): Promise<OutsideCase | undefined> {
  if (!probe.touchable) return undefined;
  const { relation, known } = subject;
  const holdsRows = await setting.committed.holdsRows(known);
  const guarded = relation.rowSecurity && (relation.forceRowSecurity || !roles.has(relation.owner));
  if (!pair) {
    const instead = unmet && guarded ? await standIn(world, subject, unmet, setting, roles) : undefined;
    if (instead) {
      probe.proofs.push(...instead.proofs);
      probe.note = instead.note;
      return { subject, victim: instead.victim, holdsRows, roles };
    }
    const reason = unmet?.reason ?? 'none could be made, and there are none';
    probe.omissions.push({ what: 'rows of two tenants', reason, required: true });
    return { subject, victim: { tenant: '', row: new Map() }, holdsRows, roles: undefined };
  }
  const judged = guarded && (await admitsOwn(world.session, subject, pair.b, roles));
  if (guarded && !judged && !holdsRows) {
    probe.omissions.push({
      what: 'never set, after commit',
      reason: 'it holds no committed row to try with, and its policies cannot be evaluated without',
      required: true,
    });
  }
  return { subject, victim: pair.b, holdsRows, roles: judged ? roles : undefined };
}
