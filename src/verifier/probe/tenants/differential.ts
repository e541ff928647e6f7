import { quoteIdent } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { failed, judge, type Trial } from '../proof/judge.js';
import type { ProbeContext, Proof } from '../proof/proof.js';
import type { Answer, Attempt, Statement } from '../session/attempt.js';
import { type Subject, subjectOf } from '../world/subject.js';
import { accessTo, type World } from '../world/world.js';

/** A reader: a tenant, or a context that is none's. */
export interface Reader {
  context: ProbeContext;
  value: string;
}

/** What one reader saw of one relation at one moment. */
export interface Sight {
  known: ClassifiedRelation;
  reader: Reader;
  statement: Statement;
  attempt: Attempt;
}

/**
 * What readers see of relations, whole. Seen before and after another tenant's row is added to a table below, a
 * difference is that row, in whatever form it shows: a view need not tell whose a row is, nor show it as it is.
 */
export async function sights(
  world: World,
  relations: readonly ClassifiedRelation[],
  readers: readonly Reader[],
): Promise<Sight[]> {
  const seen: Sight[] = [];
  for (const known of relations) {
    const subject = subjectOf(known, accessTo(world, known.relation), false);
    if (subject.access.select.length === 0) continue;
    const statement = contentsOf(subject);
    for (const reader of readers) {
      seen.push({
        known,
        reader,
        statement,
        attempt: await world.session.as(reader.value).attempt(statement),
      });
    }
  }
  return seen;
}

/** Everything that may be read, or what meets a condition, in one value: the rows as text, in an order that no locale changes. */
export function contentsOf({ access, name }: Subject, condition = 'true'): Statement {
  const columns = access.select.map(quoteIdent).join(', ');
  return {
    text: `select count(*), pg_catalog.md5(pg_catalog.string_agg(line, '|' order by line collate "C"))
      from (select row(${columns})::text as line from ${name} where ${condition}) as lines`,
    shown: `select * from ${name}`,
  };
}

/**
 * Judges what a reader saw before and after another tenant's row was added.
 *
 * @param again what it sees at once after that, which differs only where the relation changes by itself (a clock)
 * @param table what the row was added to, as shown to people
 */
export function judgeSights(before: Sight, after: Sight, again: Attempt, table: string): Proof {
  const trial: Trial = {
    command: 'select',
    form: `before and after a row in ${table}`,
    context: after.reader.context,
    statement: after.statement,
  };
  if (!before.attempt.ok) return judge(trial, before.attempt, undefined);
  if (!after.attempt.ok) return judge(trial, after.attempt, undefined);
  if (!differ(before.attempt, after.attempt)) return judge(trial, after.attempt, undefined);
  const restless = again.ok && differ(after.attempt, again);
  const moreRows = before.attempt.rows[0]?.[0] !== after.attempt.rows[0]?.[0];
  if (restless && !moreRows) return failed(trial, 'what it shows changes from one moment to the next');
  return judge(trial, after.attempt, `saw it change when another tenant's row came into ${table}`);
}

export function differ(a: Answer, b: Answer): boolean {
  const [first, second] = [a.rows[0] ?? [], b.rows[0] ?? []];
  return first.some((value, index) => value !== second[index]);
}
