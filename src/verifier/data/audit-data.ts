import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import type { DataCheck, Fault, Subject } from '../check.js';
import { attempt, type GuardOptions } from './guard.js';
import { COUNTED_AT_MOST } from './sql.js';

/** Something that had to be asked, and was not answered: never clean. */
export interface NotFinished {
  check: string;
  schema: string;
  object: string;
  why: string;
}

export interface DataFaults {
  faults: { check: DataCheck; fault: Fault }[];
  notFinished: NotFinished[];
}

interface Answer {
  count: number;
  example: string | null;
}

/** Asks the data checks' questions, one after another; must run within withAuditSettings. */
export async function auditData(
  client: Client,
  subject: Subject,
  checks: readonly DataCheck[],
  options: GuardOptions & { onEvent: OnEvent },
): Promise<DataFaults> {
  const questions = checks.flatMap((check) =>
    [...check.questions(subject)].map((question) => ({ check, question })),
  );
  const result: DataFaults = { faults: [], notFinished: [] };
  for (const [done, { check, question }] of questions.entries()) {
    options.onEvent({
      ...{ kind: 'progress', task: 'auditing rows', done, total: questions.length, unit: 'questions' },
    });
    const { schema, name } = question.relation;
    const asked = await attempt(client, options, () =>
      client.query<Answer>(question.sql, [...question.params]),
    );
    if ('why' in asked) {
      result.notFinished.push({ check: check.id, schema, object: name, why: asked.why });
      continue;
    }
    const { count, example } = asked.answer.rows[0] ?? { count: 0, example: null };
    if (count === 0) continue;
    const shown = question.detail(count, example ?? 'one without a key');
    const detail = count === COUNTED_AT_MOST ? `at least ${shown}` : shown;
    result.faults.push({ check, fault: { schema, object: name, part: question.part, detail } });
  }
  return result;
}
