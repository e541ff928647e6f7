import { createHash } from 'node:crypto';
import { quoteName } from '../identifiers.js';
import type { Answer, Around, Sent } from '../postgres/around.js';
import { dropInvalid, isBuilt, isGone } from '../postgres/concurrent-index.js';
import type { Client } from '../postgres/connect.js';
import { isConnectionLost } from '../postgres/errors.js';
import { kindOfStatement, type StatementKind } from '../postgres/statement-kind.js';
import { type Ledger, LOG } from './ledger.js';
import { type Patience, withPatience } from './patience.js';

/** What an earlier run did of a file outside a transaction, before it stopped. */
export interface Past {
  /** Fingerprints of the statements that were finished, in order. */
  finished: readonly string[];
  /** The statement that was begun after them, if one was. */
  begun: string | undefined;
  /** Nobody saw that one end: it may be done. */
  inFlight: boolean;
}

export const NO_PAST: Past = { finished: [], begun: undefined, inFlight: false };

export interface JournalOptions extends Patience {
  ledger: Ledger;
  name: string;
  /** A .sql file does not look at what its statements return; code may. */
  kind: 'sql' | 'knex';
  past: Past;
}

/**
 * Keeps a record of the statements of a file that runs outside a transaction: which are finished, and which one is begun.
 * What was finished by an earlier run is not sent again; the first that differs from what was finished then ends it,
 * since what comes after was written for another beginning.
 */
export function keepJournal(options: JournalOptions): Around {
  const { client, past } = options;
  let count = 0;
  return async (statement, send) => {
    const at = count;
    count += 1;
    const before = past.finished[at];
    if (before !== undefined) return repeat(options, statement, before, at, send);
    const kind = await kindOfStatement(statement.text);
    if (client.getTransactionStatus() !== 'I') return within(options, statement, kind, send);
    const inFlight = past.inFlight && at === past.finished.length && past.begun === statement.text;
    if (inFlight && (await isDone(client, kind))) {
      await inOwnTransaction(client, () => noteFinished(options, fingerprint(statement)));
      return NOTHING;
    }
    await inOwnTransaction(client, () => noteBegun(options, statement.text));
    try {
      return await (kind.transactional
        ? together(options, statement, at, kind, send)
        : alone(options, statement, kind, send));
    } catch (error) {
      if (!isConnectionLost(error)) await noteFailed(options);
      throw error;
    }
  };
}

const NOTHING: Answer = { command: '', rowCount: 0, rows: [], fields: [] };

/** Finished before. A query is sent again where somebody may want its rows, and nothing is written by it. */
async function repeat(
  { client, kind, name }: JournalOptions,
  statement: Sent,
  before: string,
  at: number,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const [print, wanted] = before.split(' ');
  const where = `its statement ${at + 1}, finished by an earlier run,`;
  const remedy = `undo by hand what was finished, then \`tenantctl migrate repair --pending ${name} --reason "…"\`; or bring it to its end by hand, then --applied`;
  if (print !== fingerprint(statement)) {
    throw new Error(
      `${where} is another one now, so that it cannot go on from there: restore it; or ${remedy}`,
    );
  }
  if (kind === 'sql' || wanted === undefined) return NOTHING;
  if (wanted === 'query' && !(await mayWrite(client, statement.text))) return send();
  throw new Error(`${where} returned rows that cannot be had again without doing it again: ${remedy}`);
}

/** In a transaction that the file itself has begun: the record lives or dies with it. */
async function within(
  options: JournalOptions,
  statement: Sent,
  kind: StatementKind,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const answer = await send();
  await noteWherever(options, entryFor(statement, answer, kind));
  return answer;
}

/** In the transaction that is open, or in one of its own. */
async function noteWherever(options: JournalOptions, entry: string): Promise<void> {
  const status = options.client.getTransactionStatus();
  if (status === 'T') await noteFinished(options, entry);
  if (status === 'I') await inOwnTransaction(options.client, () => noteFinished(options, entry));
}

/** In one transaction with its record: there is no moment between the two. */
function together(
  options: JournalOptions,
  statement: Sent,
  at: number,
  kind: StatementKind,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const { client, name } = options;
  const attempt = async () => {
    await client.query('begin');
    try {
      const answer = await send();
      await client.query(AS_OURSELVES);
      await noteFinished(options, entryFor(statement, answer, kind));
      await client.query('commit');
      return answer;
    } catch (error) {
      await client.query('rollback').catch(() => {});
      throw error;
    }
  };
  return withPatience(options, `${name}, statement ${at + 1}`, attempt, async () => true);
}

/** It refuses to run in a transaction, or ends them itself: recorded after it. */
async function alone(
  options: JournalOptions,
  statement: Sent,
  kind: StatementKind,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const { client, onEvent } = options;
  const answer = await (kind.concurrent
    ? withoutLockTimeout(client, async () => {
        const invalid = kind.builds && (await dropInvalid(client, kind.builds));
        if (invalid)
          onEvent({ kind: 'info', text: `Dropped the invalid index ${invalid}, which a failed build left.` });
        return send();
      })
    : send());
  await noteWherever(options, entryFor(statement, answer, kind));
  return answer;
}

/** Begun by an earlier run, which did not come to say that it was finished. */
async function isDone(client: Client, { builds, drops }: StatementKind): Promise<boolean> {
  if (builds) return isBuilt(client, builds);
  return drops !== undefined && isGone(client, drops);
}

/** A concurrent build waits for every older transaction, blocks nobody meanwhile, and is a waste if it gives up. */
async function withoutLockTimeout<T>(client: Client, work: () => Promise<T>): Promise<T> {
  const { rows } = await client.query<{ kept: string }>(`select current_setting('lock_timeout') as kept`);
  await client.query('set lock_timeout = 0');
  try {
    return await work();
  } finally {
    await client.query(`select set_config('lock_timeout', $1, false)`, [rows[0]?.kept]).catch(() => {});
  }
}

/** The file may have taken another role, which it gets back with the end of the transaction. */
const AS_OURSELVES = 'set local session authorization default; set local role none';

async function inOwnTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query(`begin; ${AS_OURSELVES}`);
  try {
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function noteBegun({ client, ledger, name }: JournalOptions, text: string): Promise<void> {
  const where = [quoteName(ledger), name];
  await client.query(`update ${LOG} set begun = $3, in_flight = true where ledger = $1 and name = $2`, [
    ...where,
    text,
  ]);
}

/** The server has said no: what the statement would have made, if it is there, is not from it. */
async function noteFailed({ client, ledger, name }: JournalOptions): Promise<void> {
  const note = async () => {
    await client.query('');
    if (client.getTransactionStatus() !== 'I') return;
    await inOwnTransaction(client, async () => {
      const where = [quoteName(ledger), name];
      await client.query(`update ${LOG} set in_flight = false where ledger = $1 and name = $2`, where);
    });
  };
  // A late cancel request may hit it; the failure itself is what is to be told.
  await note().catch(() => note().catch(() => {}));
}

async function noteFinished({ client, ledger, name }: JournalOptions, entry: string): Promise<void> {
  await client.query(
    `update ${LOG} set finished = finished || $3::text, begun = null, in_flight = false where ledger = $1 and name = $2`,
    [quoteName(ledger), name, entry],
  );
}

/** The fingerprint, with what an answer that somebody may have looked at was: of a 'query', or 'rows' of another. */
function entryFor(statement: Sent, answer: Answer, kind: StatementKind): string {
  const print = fingerprint(statement);
  if (kind.reads) return `${print} query`;
  return [answer].flat().some(({ fields = [] }) => fields.length > 0) ? `${print} rows` : print;
}

function fingerprint({ text, values }: Sent): string {
  return createHash('sha256')
    .update(JSON.stringify([text, values]))
    .digest('hex');
}

/** Whether a query calls a function that may do more than read. */
async function mayWrite(client: Client, text: string): Promise<boolean> {
  const { parse } = await import('libpg-query');
  const names = new Set<string>();
  collectFunctions(await parse(text), names);
  const { rows } = await client.query(
    `select from pg_catalog.pg_proc where proname = any ($1) and provolatile = 'v'`,
    [[...names]],
  );
  return rows.length > 0;
}

function collectFunctions(node: unknown, names: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const { funcname } = node as { funcname?: { String?: { sval?: string } }[] };
  const name = Array.isArray(funcname) ? funcname.at(-1)?.String?.sval : undefined;
  if (name !== undefined) names.add(name);
  for (const child of Object.values(node)) collectFunctions(child, names);
}
