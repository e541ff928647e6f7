import { quoteIdent } from '../../../identifiers.js';
import type { CommittedRows } from '../world/committed.js';
import type { Pair } from '../world/subject.js';
import { type Subject, typeOf } from '../world/subject.js';
import { isStored, type RowValues, type World } from '../world/world.js';

/** Rows of whichever two tenants have any that they see as their own. */
export async function pairThatExists(
  world: World,
  subject: Subject,
  committed: CommittedRows,
): Promise<Pair | undefined> {
  const [first, second] = (await committed.tenantsOf(subject.known, 2)) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const a = await readRow(world, subject, first);
  const b = await readRow(world, subject, second);
  return a && b && { a: { tenant: first, row: a }, b: { tenant: second, row: b }, fresh: false };
}

/** A row that a tenant sees as its own; the newest where one was just made in a way that does not tell its key. */
export async function readRow(
  world: World,
  subject: Subject,
  tenant: string,
  newest = false,
): Promise<RowValues | undefined> {
  const { relation, access, known, name } = subject;
  const columns = [...access.select, ...(access.selectAll && isStored(relation) ? ['tableoid', 'ctid'] : [])];
  if (columns.length === 0) return undefined;
  const column = known.tenantColumn ?? '';
  const own = access.select.includes(column);
  const attempt = await world.session.as(tenant).attempt({
    text: `select ${columns.map(quoteIdent).join(', ')} from ${name}${
      own ? ` where ${quoteIdent(column)} = $1::${typeOf(relation, column)}` : ''
    }${newest && columns.includes('ctid') ? ' order by ctid desc' : ''} limit 1`,
    values: own ? [tenant] : [],
  });
  const row = attempt.ok ? attempt.rows[0] : undefined;
  return row && new Map(columns.map((column, index) => [column, row[index] ?? null]));
}

/** What an INSERT would have to say to add a row like this one. */
export function copyOf({ relation, access }: Subject, row: RowValues): RowValues {
  const writable = relation.columns.filter(
    ({ name, generated }) => !generated && access.insert.includes(name) && row.has(name),
  );
  return new Map(writable.map(({ name }) => [name, row.get(name) ?? null]));
}
