import { quoteName } from '../../identifiers.js';
import { type Answer, type Around, excerpt, type Sent } from '../../postgres/around.js';
import { dropInvalid, isBuilt, isGone } from '../../postgres/concurrent-index.js';
import type { Client } from '../../postgres/connect.js';
import { isConnectionLost } from '../../postgres/errors.js';
import { AS_OURSELVES } from '../../postgres/session.js';
import { kindOfStatement, type StatementKind } from '../../postgres/statement-kind.js';
import { type Ledger, LOG } from '../ledger/ledger.js';
import { fingerprint, Memory, type MemoryOptions } from '../ledger/memory.js';
import { type Patience, withPatience } from './patience.js';

export interface JournalOptions extends Patience, MemoryOptions {
  ledger: Ledger;
}

/**
 * Keeps a record of the statements of a file that runs outside a transaction: which are finished, and which one is begun.
 * What an earlier run has finished is not sent again, as long as it can be told that it is the same. Queries of code that
 * only read are no part of it: they are answered each time.
 */
export function keepJournal(options: JournalOptions): Around {
  const { client, kind: language } = options;
  const memory = new Memory(options);
  return async (statement, send) => {
    const kind = await kindOfStatement(statement.text);
    if (language === 'knex' && kind.reads && !kind.setting && !(await mayWrite(client, kind.functions))) {
      memory.asked = true;
      return ask(options, statement, send);
    }
    const known = memory.recall(statement);
    // What it had set went with its session.
    if (known) return kind.setting ? send() : NOTHING;
    if (client.getTransactionStatus() !== 'I') return within(options, statement, send);
    if (memory.mayBeDone(statement) && (await isDone(client, kind))) {
      await inOwnTransaction(client, () => noteFinished(options, fingerprint(statement)));
      return NOTHING;
    }
    await inOwnTransaction(client, () => noteBegun(options, statement.text));
    try {
      return await (kind.transactional
        ? together(options, statement, send)
        : alone(options, statement, kind, send));
    } catch (error) {
      if (!isConnectionLost(error)) await noteFailed(options, statement.text);
      throw error;
    }
  };
}

/** Only where it fails is it worth a note: `status` is to name it. */
async function ask(options: JournalOptions, { text }: Sent, send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    if (!isConnectionLost(error)) await noteFailed(options, text);
    throw error;
  }
}

const NOTHING: Answer = { command: '', rowCount: 0, rows: [], fields: [] };

/** In a transaction that the file itself has begun: the record lives or dies with it. */
async function within(
  options: JournalOptions,
  statement: Sent,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const answer = await send();
  // What was recorded in the transaction is undone with it, and so nothing of it is left to be recalled.
  if (!hasRolledBack(options.client, answer)) await noteWherever(options, entryFor(statement, answer));
  return answer;
}

/** ROLLBACK, or COMMIT of a transaction that had failed; not to a savepoint, after which it is still open. */
function hasRolledBack(client: Client, answer: Answer): boolean {
  return client.getTransactionStatus() === 'I' && [answer].flat().at(-1)?.command === 'ROLLBACK';
}

/** In the transaction that is open, or in one of its own. */
async function noteWherever(options: JournalOptions, entry: string): Promise<void> {
  const status = options.client.getTransactionStatus();
  if (status === 'T') await noteFinished(options, entry);
  if (status === 'I') await inOwnTransaction(options.client, () => noteFinished(options, entry));
}

/** In one transaction with its record: there is no moment between the two. */
function together(options: JournalOptions, statement: Sent, send: () => Promise<Answer>): Promise<Answer> {
  const { client, name } = options;
  const attempt = async () => {
    await client.query('begin');
    try {
      const answer = await send();
      await client.query(AS_OURSELVES);
      await noteFinished(options, entryFor(statement, answer));
      await client.query('commit');
      return answer;
    } catch (error) {
      await client.query('rollback').catch(() => {});
      throw error;
    }
  };
  return withPatience(options, `${name}, ${excerpt(statement.text)}`, attempt, async () => true);
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
        for (const index of await dropInvalid(client, kind)) {
          onEvent({ kind: 'info', text: `Dropped the invalid index ${index}, which a failed build left.` });
        }
        return send();
      })
    : send());
  await noteWherever(options, entryFor(statement, answer));
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
async function noteFailed({ client, ledger, name }: JournalOptions, text: string): Promise<void> {
  const note = async () => {
    await client.query('');
    if (client.getTransactionStatus() !== 'I') return;
    await inOwnTransaction(client, async () => {
      await client.query(`update ${LOG} set begun = $3, in_flight = false where ledger = $1 and name = $2`, [
        quoteName(ledger),
        name,
        text,
      ]);
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

/** The fingerprint, and whether it returned rows, which code may have looked at. */
function entryFor(statement: Sent, answer: Answer): string {
  const rows = [answer].flat().some(({ fields = [] }) => fields.length > 0);
  return `${fingerprint(statement)}${rows ? ' rows' : ''}`;
}

/** Whether one of these functions may do more than read. */
async function mayWrite(client: Client, functions: readonly string[]): Promise<boolean> {
  if (functions.length === 0) return false;
  const { rows } = await client.query(
    `select from pg_catalog.pg_proc where proname = any ($1) and provolatile = 'v'`,
    [functions],
  );
  return rows.length > 0;
}
