import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Omission, Proof, RelationProbe } from './proof/proof.js';
import type { Setting } from './tenants/setting.js';
import { withoutPrivilege } from './trials/privileges.js';
import { readEverything } from './trials/select.js';
import { tryEach } from './trials/trials.js';
import { isTouchable } from './world/access.js';
import { subjectOf } from './world/subject.js';
import { accessTo, type World } from './world/world.js';

/**
 * A materialized view or foreign table of tenants: no policy guards it, and no row of the probe's own gets into it (it is
 * filled by REFRESH, or elsewhere). What can be tried is to read what is there as a tenant that does not exist.
 */
export async function probeFrozen(
  world: World,
  known: ClassifiedRelation,
  setting: Setting,
): Promise<RelationProbe> {
  const subject = subjectOf(known, accessTo(world, known.relation), false);
  const touchable = isTouchable(subject.access);
  const proofs: Proof[] = await withoutPrivilege(world, subject);
  const omissions: Omission[] = [];
  if (subject.access.select.length > 0) {
    const nobody = { tenant: '', row: new Map() };
    const crossing = readEverything(subject, nobody, 'unknown', undefined);
    proofs.push(...(await tryEach(world.session.as(setting.unused), [crossing])));
    omissions.push({
      what: 'the positive control',
      reason: `a ${known.relation.kind} takes no row of the probe's own, and no policy guards it`,
      required: true,
    });
  }
  if (subject.access.insert.length > 0 || subject.access.update.length > 0 || subject.access.delete) {
    omissions.push({
      what: 'writes',
      reason: `a rollback does not undo what a ${known.relation.kind} passes on`,
      required: true,
    });
  }
  return { relation: known.relation.oid, touchable, proofs, omissions };
}
