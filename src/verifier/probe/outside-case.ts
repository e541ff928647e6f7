import type { Omission } from './proof/proof.js';
import type { Setting } from './tenants/setting.js';
import type { OutsideCase } from './trials/outside.js';
import { admitsNobody, isGuarded } from './trials/policies.js';
import { admitsOwn, standIn } from './trials/stand-in.js';
import type { TableProbe } from './trials/table-probe.js';
import type { World } from './world/world.js';

const ROWS_REMEDY =
  'say how a row is made for a tenant (tenancy.probe.fixtures), or verify where two tenants have rows';

/**
 * What is left to try on a table where the rows of this transaction cannot be seen; where no rows could be had at all,
 * whatever can stand in for them.
 */
export async function outsideCase(
  world: World,
  { probe, subject, pair, unmet }: TableProbe,
  setting: Setting,
  holdsRows: boolean | undefined,
): Promise<OutsideCase | undefined> {
  if (!probe.touchable) return undefined;
  const { relation } = subject;
  const { roles } = setting;
  const guarded = isGuarded(relation, roles);
  if (!pair) {
    const instead = guarded ? await standIn(world, subject, setting) : undefined;
    probe.proofs.push(...(instead?.proofs ?? []));
    if (guarded && admitsNobody(relation, roles)) {
      probe.note = 'no policy lets the app role reach any row';
    } else {
      const reason = unmet?.reason ?? 'none could be made, and there are none';
      probe.omissions.push({ what: 'rows of two tenants', reason, required: true, remedy: ROWS_REMEDY });
    }
    const victim = instead?.victim ?? { tenant: '', row: new Map() };
    return { subject, victim, holdsRows, roles: instead && roles, omission: undefined };
  }
  const judged = guarded && (await admitsOwn(world.session, subject, pair.b, roles));
  const omission = guarded && !judged && !holdsRows ? NOTHING_TO_JUDGE_BY : undefined;
  return { subject, victim: pair.b, holdsRows, roles: judged ? roles : undefined, omission };
}

const NOTHING_TO_JUDGE_BY: Omission = {
  what: 'never set, after commit',
  reason: 'it holds no committed row to try with, and its policies cannot be evaluated without',
  required: true,
};
