import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import type { Send } from '../../postgres/pipeline.js';
import type { DataCheck, DataQuestion, Fault, Subject } from '../check.js';
import { attempt, type GuardOptions, passOnUnlessSql } from './guard.js';
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

/** Asks the data checks' questions; must run within withAuditSettings, which gives `send`. */
export async function auditData(
  client: Client,
  send: Send,
  subject: Subject,
  checks: readonly DataCheck[],
  options: GuardOptions & { onEvent: OnEvent },
): Promise<DataFaults> {
  const questions = checks.flatMap((check) =>
    [...check.questions(subject)].map((question): Question => ({ check, question })),
  );
  const progress = (done: number) =>
    options.onEvent({
      ...{ kind: 'progress', task: 'auditing rows', done, total: questions.length, unit: 'questions' },
    });
  const batches: Question[][] = [];
  for (let start = 0; start < questions.length; start += BATCH)
    batches.push(questions.slice(start, start + BATCH));
  const answers = await askInBatches(send, batches, options.signal, progress);
  const result: DataFaults = { faults: [], notFinished: [] };
  for (const [index, question] of questions.entries()) {
    const answer = answers[Math.floor(index / BATCH)]?.[index % BATCH];
    record(result, question, answer ?? (await askAlone(client, question, options)));
  }
  return result;
}

/** Per batch undefined where any of its questions failed, or all of them together took too long. */
async function askInBatches(
  send: Send,
  batches: readonly (readonly Question[])[],
  signal: AbortSignal | undefined,
  progress: (done: number) => void,
): Promise<(Answer[] | undefined)[]> {
  let done = 0;
  const ask = async (batch: readonly Question[]): Promise<Answer[] | undefined> => {
    const parts = batch.map(({ question }, index) => `select ${index} as at, q.* from (${question.sql}) q`);
    const asked = send(async (client) => {
      signal?.throwIfAborted();
      return client.query<Answer>(`${parts.join(' union all ')} order by at`);
    }).catch((error: unknown) => passOnUnlessSql(error, signal));
    // Each batch lets its locks go, of which a server holds but so many.
    const [answer] = await Promise.all([asked, send((client) => client.query(TAKE_BACK))]);
    done += batch.length;
    progress(done);
    return answer?.rows;
  };
  const begun = send((client) =>
    client.query(`set local statement_timeout = ${BATCH_TIMEOUT_MS}; savepoint tenantctl_batch`),
  );
  const [, ...answers] = await Promise.all([begun, ...batches.map(ask)]);
  return answers;
}

const TAKE_BACK = 'rollback to savepoint tenantctl_batch';

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
