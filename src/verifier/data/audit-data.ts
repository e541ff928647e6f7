import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import type { DataCheck, DataQuestion, Fault, Subject } from '../check.js';
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

interface Question {
  check: DataCheck;
  question: DataQuestion;
}

interface Answer {
  count: number;
  example: string | null;
}

/** So many questions go in one statement, for which there is so much time; where it is not enough, each goes alone. */
const BATCH = 25;
const BATCH_TIMEOUT_MS = 2_000;

/** Asks the data checks' questions; must run within withAuditSettings. */
export async function auditData(
  client: Client,
  subject: Subject,
  checks: readonly DataCheck[],
  options: GuardOptions & { onEvent: OnEvent },
): Promise<DataFaults> {
  const questions = checks.flatMap((check) =>
    [...check.questions(subject)].map((question): Question => ({ check, question })),
  );
  const result: DataFaults = { faults: [], notFinished: [] };
  for (let start = 0; start < questions.length; start += BATCH) {
    const task = { task: 'auditing rows', total: questions.length, unit: 'questions' };
    options.onEvent({ kind: 'progress', done: start, ...task });
    const batch = questions.slice(start, start + BATCH);
    const asked = await askTogether(client, batch, options);
    for (const [index, question] of batch.entries()) {
      const answer = asked?.[index] ?? (await askAlone(client, question, options));
      record(result, question, answer);
    }
  }
  return result;
}

/** undefined where any of the questions failed, or all together took too long. */
async function askTogether(
  client: Client,
  batch: readonly Question[],
  options: GuardOptions,
): Promise<Answer[] | undefined> {
  const parts = batch.map(({ question }, index) => `select ${index} as at, q.* from (${question.sql}) q`);
  const asked = await attempt(client, { ...options, timeoutMs: BATCH_TIMEOUT_MS }, () =>
    client.query<Answer>(`${parts.join(' union all ')} order by at`),
  );
  return 'answer' in asked ? asked.answer.rows : undefined;
}

async function askAlone(
  client: Client,
  { question }: Question,
  options: GuardOptions,
): Promise<Answer | { why: string }> {
  const asked = await attempt(client, options, () => client.query<Answer>(question.sql));
  return 'why' in asked ? asked : (asked.answer.rows[0] ?? { count: 0, example: null });
}

function record(result: DataFaults, { check, question }: Question, answer: Answer | { why: string }): void {
  const { schema, name } = question.relation;
  if ('why' in answer) {
    result.notFinished.push({ check: check.id, schema, object: name, why: answer.why });
    return;
  }
  const { count, example } = answer;
  if (count === 0) return;
  const shown = question.detail(count, example ?? 'one without a key');
  const detail = count === COUNTED_AT_MOST ? `at least ${shown}` : shown;
  result.faults.push({ check, fault: { schema, object: name, part: question.part, detail } });
}
