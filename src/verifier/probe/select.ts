import { quoteIdent } from '../../identifiers.js';
import { judge, type Trial } from './judge.js';
import type { ProbeContext, Proof } from './proof.js';
import type { ProbeSession, Statement } from './session.js';
import { describeRow, hasKey, isRow, type Side, type Subject, tellsTenant, typeOf } from './subject.js';

/** A tenant reads: the other one's row by its key, where that is known, and whatever is there. */
export async function selectCrossings(
  session: ProbeSession,
  subject: Subject,
  actor: Side,
  victim: Side,
): Promise<Proof[]> {
  await session.become(actor.tenant);
  const isKnown = hasKey(subject, victim.row);
  const proofs = isKnown ? [await readByKey(session, subject, victim, 'tenant')] : [];
  if (!isKnown && !tellsTenant(subject)) return proofs;
  return [...proofs, await readEverything(session, subject, victim, 'tenant', actor.tenant)];
}

export async function readByKey(
  session: ProbeSession,
  subject: Subject,
  victim: Side,
  context: ProbeContext,
): Promise<Proof> {
  const condition = isRow(subject, victim.row);
  const statement: Statement = {
    text: `select from ${subject.name} where ${condition.text}`,
    values: condition.values,
  };
  const trial: Trial = { command: 'select', form: 'by key', context, statement };
  const attempt = await session.read(statement);
  const found = attempt.ok && attempt.count > 0;
  return judge(trial, attempt, found ? `read ${describeRow(subject, victim.row)}` : undefined);
}

/**
 * Reads without any condition, and counts what is not the reader's.
 *
 * @param reader the tenant whose rows may be seen; undefined where none may
 */
export async function readEverything(
  session: ProbeSession,
  subject: Subject,
  victim: Side,
  context: ProbeContext,
  reader: string | undefined,
): Promise<Proof> {
  const foreign = foreignRows(subject, victim, reader);
  const statement: Statement = {
    text: `select count(*)${foreign.text} from ${subject.name}`,
    values: foreign.values,
    shown: `select * from ${subject.name}`,
  };
  const trial: Trial = { command: 'select', form: 'unqualified', context, statement };
  const attempt = await session.read(statement);
  const count = attempt.ok ? Number(attempt.rows[0]?.[0] ?? 0) : 0;
  return judge(trial, attempt, count > 0 ? `read ${rows(count)} of other tenants` : undefined);
}

export function rows(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

/** The FILTER that leaves the reader's own rows out. */
function foreignRows(
  subject: Subject,
  victim: Side,
  reader: string | undefined,
): { text: string; values: (string | null)[] } {
  if (reader === undefined) return { text: '', values: [] };
  const { tenantColumn } = subject.known;
  if (tenantColumn !== undefined && subject.access.select.includes(tenantColumn)) {
    const column = `${quoteIdent(tenantColumn)} is distinct from $1::${typeOf(subject.relation, tenantColumn)}`;
    return { text: ` filter (where ${column})`, values: [reader] };
  }
  const condition = isRow(subject, victim.row);
  return { text: ` filter (where ${condition.text})`, values: condition.values };
}
