import type { Omission } from '../proof/proof.js';
import { NO_CONTEXT, type ProbeSession } from '../session/session.js';
import { hasKey, isRow, type Side, type Subject } from '../world/subject.js';
import type { Witness } from './witness.js';

/**
 * The positive control: without it, that no foreign row is seen says nothing.
 *
 * @param sides each with the look at its row in its own context, which is control enough
 */
export async function controls(
  session: ProbeSession,
  subject: Subject,
  sides: readonly { side: Side; seen: Witness | undefined }[],
): Promise<Omission[]> {
  const omissions: Omission[] = [];
  for (const { side, seen } of sides) {
    const reason = seen ? undefined : await controlReason(session, subject, side);
    if (reason === undefined) continue;
    omissions.push({
      what: 'the positive control',
      reason: `a tenant does not read its own row: ${reason}`,
      required: true,
    });
    break;
  }
  return omissions;
}

async function controlReason(
  session: ProbeSession,
  subject: Subject,
  side: Side,
): Promise<string | undefined> {
  if (subject.key.length === 0) return 'no column may be read that tells whose row it is';
  if (!hasKey(subject, side.row)) return 'its policies hide the row that it has just added';
  return readsOwn(session, subject, side);
}

async function readsOwn(session: ProbeSession, subject: Subject, own: Side): Promise<string | undefined> {
  const refused = await session.as(own.tenant).refused();
  if (refused) return `${NO_CONTEXT}: ${refused.message} (${refused.sqlstate})`;
  const condition = isRow(subject, own.row);
  const attempt = await session.as(own.tenant).attempt({
    text: `select from ${subject.name} where ${condition.text}`,
    values: condition.values,
  });
  if (!attempt.ok) return `${attempt.message} (${attempt.sqlstate})`;
  return attempt.count > 0 ? undefined : 'it finds nothing there';
}
