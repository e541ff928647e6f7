import type { Proof } from '../proof/proof.js';
import type { TrialSession } from '../session/session.js';
import type { Side, Subject } from '../world/subject.js';
import type { World } from '../world/world.js';
import { evaluatePolicies } from './outside.js';
import { admitsOwn } from './stand-in.js';

/**
 * A write without conditions, by a tenant that exists, also meets that tenant's own rows, and a foreign key or CHECK of
 * theirs may stop it before it says anything about others. Then the server is asked whether the same policies, under the
 * same context, let the other tenant's row pass.
 *
 * @param session that of the writer
 * @param roles the roles whose policies apply; undefined where row level security does not bind the login
 */
export async function withSecondOpinion(
  world: World,
  session: TrialSession,
  subject: Subject,
  victim: Side,
  proofs: readonly Proof[],
  roles: ReadonlySet<string> | undefined,
): Promise<Proof[]> {
  const isOpen = ({ result, sqlstate, command }: Proof) =>
    result === 'failed' && (command === 'update' || command === 'delete') && sqlstate?.startsWith('23');
  if (subject.fresh || !roles || !proofs.some(isOpen)) return [...proofs];
  if (!(await admitsOwn(world.session, subject, victim, roles))) return [...proofs];
  const opinions = await evaluatePolicies(session, subject, victim, roles, 'tenant');
  return proofs.map((proof) => {
    const opinion = opinions.find(({ command }) => command === proof.command);
    return isOpen(proof) && opinion ? { ...opinion, form: proof.form } : proof;
  });
}
