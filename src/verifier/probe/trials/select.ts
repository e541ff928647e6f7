import { quoteIdent } from '../../../identifiers.js';
import type { Crossing } from '../proof/judge.js';
import type { ProbeContext } from '../proof/proof.js';
import {
  describeRow,
  hasKey,
  isRow,
  type Side,
  type Subject,
  tellsTenant,
  typeOf,
} from '../world/subject.js';

/** What a tenant reads: the other one's row by its key, where that is known, and whatever is there. */
export function selectCrossings(subject: Subject, actor: Side, victim: Side): Crossing[] {
  const isKnown = hasKey(subject, victim.row);
  if (!isKnown && !tellsTenant(subject)) return [];
  const everything = readEverything(subject, victim, 'tenant', actor.tenant);
  return [...(isKnown ? [readByKey(subject, victim, everything)] : []), everything];
}

/** A read of the other tenant's row by its key: the same policies decide about it, row by row, as about everything. */
export function readByKey(subject: Subject, victim: Side, everything: Crossing): Crossing {
  const { text, values } = isRow(subject, victim.row);
  return {
    ...{ command: 'select', form: 'by key', context: everything.context, within: everything },
    statement: { text: `select from ${subject.name} where ${text}`, values },
    reached: ({ count }) => (count > 0 ? `read ${describeRow(subject, victim.row)}` : undefined),
  };
}

/**
 * A read without any condition, which counts what is not the reader's.
 *
 * @param reader the tenant whose rows may be seen; undefined where none may
 */
export function readEverything(
  subject: Subject,
  victim: Side,
  context: ProbeContext,
  reader: string | undefined,
): Crossing {
  const { text, values } = foreignRows(subject, victim, reader);
  return {
    ...{ command: 'select', form: 'unqualified', context },
    statement: {
      text: `select count(*)${text} from ${subject.name}`,
      values,
      shown: `select * from ${subject.name}`,
    },
    reached: ({ rows: [row] }) => {
      const count = Number(row?.[0] ?? 0);
      return count > 0 ? `read ${rows(count)} of other tenants` : undefined;
    },
  };
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
