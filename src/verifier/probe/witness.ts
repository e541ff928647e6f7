import type { Relation } from '../../catalog/snapshot.js';
import { failed, judge, type Trial } from './judge.js';
import type { Proof } from './proof.js';
import { rows } from './select.js';
import type { Answer, ProbeSession, Statement } from './session.js';
import { describeRow, hasKey, lookAt, type Side, type Subject } from './subject.js';
import { isStored } from './world.js';

/** More rows than this a blind write never touches: a probe of an open door must not rewrite a large table. */
const MOST_WRITTEN = 1_000;

/**
 * A statement without conditions of its own, but for a guard that ends it early. The guard names no column, which would
 * bring the SELECT policies in; policies come first, so what it counts are the rows that they let pass.
 */
export function blind(text: string, values: (string | null)[] = [], most = MOST_WRITTEN): Statement {
  const guard = `pg_catalog.set_config('tenantctl.reached', (coalesce(nullif(pg_catalog.current_setting(
    'tenantctl.reached', true), ''), '0')::int + 1)::text, true)::int <= ${most}`;
  return { text: `${text} where ${guard}`, values, shown: text };
}

/** What a write is judged by, once it went through. */
export interface Witness {
  /** The other tenant's row, read in its own context. */
  look: Statement;
  /** What it looked like before. */
  before: readonly (string | null)[];
  /** Its key, in words. */
  which: string;
}

/** The other tenant's row as it is now, in its own context; undefined where it cannot be read. */
export async function witness(
  session: ProbeSession,
  subject: Subject,
  victim: Side,
): Promise<Witness | undefined> {
  if (!hasKey(subject, victim.row)) return undefined;
  await session.become(victim.tenant);
  const look = lookAt(subject, victim.row);
  const seen = await session.read(look);
  const [before] = seen.ok ? seen.rows : [];
  return before && before[0] !== '0' ? { look, before, which: describeRow(subject, victim.row) } : undefined;
}

/** Tries a write, and judges it by what the other tenant's row looks like afterwards. */
export async function tryWrite(
  session: ProbeSession,
  subject: Subject,
  trial: Trial,
  victim: Side,
  seen: Witness | undefined,
  isBlind: boolean,
): Promise<Proof> {
  if (!seen) {
    const attempt = await session.attempt(trial.statement);
    if (!attempt.ok || attempt.count === 0) return judge(trial, attempt, undefined);
    // Without a look at the row only the count is left, of which the writer's own rows are a part.
    return isBlind && trial.context === 'tenant'
      ? failed(trial, `${rows(attempt.count)} written, and the other tenant's row cannot be read to compare`)
      : judge(trial, attempt, `wrote to ${rows(attempt.count)} of other tenants`);
  }
  const always = doesMore(subject.relation);
  const [attempt, after] = await session.attemptSeenBy(trial.statement, victim.tenant, seen.look, always);
  if (!attempt.ok || !after) return judge(trial, attempt, undefined);
  if (!after.ok) return failed(trial, `the other tenant's row cannot be read afterwards: ${after.message}`);
  return judge(trial, attempt, harm(subject, trial, attempt, seen, after));
}

/** Whether a write may do something although it changes no row of the relation itself. */
function doesMore(relation: Relation): boolean {
  return !isStored(relation) || relation.triggers.length > 0 || relation.rules.length > 0;
}

function harm(
  subject: Subject,
  trial: Trial,
  written: Answer,
  seen: Witness,
  after: Answer,
): string | undefined {
  const [row] = after.rows;
  if (!row || row[0] === '0') return `removed ${seen.which}`;
  if (row.some((value, index) => value !== seen.before[index])) return `wrote to ${seen.which}`;
  // The guard stopped the write before it came to that row: so many rows are not the writer's own.
  const tooMany = written.count >= MOST_WRITTEN && subject.fresh;
  // Outside a tenant's context no row at all is the writer's own.
  const any = trial.context !== 'tenant' && written.count > 0;
  return tooMany || any ? `wrote to ${rows(written.count)} of other tenants` : undefined;
}
