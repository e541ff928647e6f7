import type { Relation } from '../../../catalog/snapshot.js';
import type { Proof } from '../proof/proof.js';
import { insertion } from '../rows/insertion.js';
import type { Accepted } from '../rows/make.js';
import { shows } from './telltales.js';

/**
 * What a default or a trigger put into a tenant's own new row, and RETURNING then handed out, though it is of the tenant
 * that was there before.
 *
 * @param before the row that the probe made for the tenant before
 * @param key that tenant's key
 */
export function handedOut(
  relation: Relation,
  { given, row }: Accepted,
  before: Accepted,
  key: string,
): Proof[] {
  const own = new Set(given.values());
  // What the server gave to both may be the same for everyone.
  const theirs = [...before.given.values()].flatMap((value) =>
    value === null || own.has(value) ? [] : value,
  );
  const columns = [...row].flatMap(([column, value]) =>
    value !== null && value !== given.get(column) && shows(value, key, theirs) ? [column] : [],
  );
  if (columns.length === 0) return [];
  return [
    {
      ...{ command: 'select', form: 'INSERT RETURNING', context: 'tenant', result: 'crossed' },
      statement: insertion(relation, given, { returning: columns }).text,
      detail: `read what is another tenant's in its own new row (${columns.join(', ')})`,
    },
  ];
}
