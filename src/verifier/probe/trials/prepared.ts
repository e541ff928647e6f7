import { quoteIdent } from '../../../identifiers.js';
import { failed, judge, type Trial } from '../proof/judge.js';
import type { Proof } from '../proof/proof.js';
import type { Statement } from '../session/attempt.js';
import type { ProbeSession } from '../session/session.js';
import { describeRow, hasKey, type Side, type Subject } from '../world/subject.js';
import type { RowValues } from '../world/world.js';

/** Enough rows to find one of two tenants among them, few enough to read twice. */
const MOST_READ = 1_000;

/**
 * One prepared statement, run as one tenant and then as the other: a plan that was made for the first one (a policy's
 * function declared IMMUTABLE is computed when planning) would go on showing its rows.
 */
export async function preparedCrossing(
  session: ProbeSession,
  subject: Subject,
  first: Side,
  second: Side,
): Promise<Proof[]> {
  if (!hasKey(subject, first.row) || !hasKey(subject, second.row)) return [];
  const { relation, name, key } = subject;
  const text = `select ${key.map((column) => `${quoteIdent(column)}::text`).join(', ')} from ${name} limit ${MOST_READ}`;
  const statement: Statement = { text, name: String(relation.oid) };
  const trial: Trial = { command: 'select', form: 'prepared', context: 'tenant', statement };
  const { attempts, seen } = await session
    .as(first.tenant)
    .attemptSeenBy([statement], second.tenant, statement);
  const [before = seen] = attempts;
  if (!before.ok) return [judge(trial, before, undefined)];
  if (!seen.ok) return [judge(trial, seen, undefined)];
  if (finds(subject, seen.rows, first.row)) {
    return [judge(trial, seen, `read, after the tenant had changed, ${describeRow(subject, first.row)}`)];
  }
  const complete = seen.count < MOST_READ;
  if (complete && !finds(subject, seen.rows, second.row))
    return [failed(trial, 'it does not find the own row either')];
  return [judge(trial, seen, undefined)];
}

function finds(subject: Subject, rows: readonly (string | null)[][], row: RowValues): boolean {
  return rows.some((found) => subject.key.every((name, index) => found[index] === row.get(name)));
}
