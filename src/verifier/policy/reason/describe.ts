import { displayName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { familyOf, plainText, type Value } from './value.js';
import type { Witness } from './witness.js';

/** A witness in words: `a row with parent_id NULL`; '' where any row will do. */
export function describeWitness({ row, others }: Witness, { tenantColumn }: ClassifiedRelation): string {
  const own = describeRow(row, tenantColumn);
  const more = others.map(({ relation, row: held }) => {
    const what = describeRow(held, undefined);
    return `one of ${displayName(relation)}${what === '' ? '' : ` with ${what}`}`;
  });
  const start = own === '' ? 'any row' : `a row with ${own}`;
  return own === '' && more.length === 0 ? '' : [start, ...more].join(', and ');
}

function describeRow(row: ReadonlyMap<string, Value>, except: string | undefined): string {
  return [...row]
    .filter(([column]) => column !== except)
    .map(([column, value]) => (value.kind === 'null' ? `${column} NULL` : `${column} = ${literal(value)}`))
    .join(' and ');
}

/** A value as SQL writes it. */
export function literal(value: Value): string {
  const plain = plainText(value);
  if (plain === null) return 'NULL';
  const bare = value.kind === 'const' && ['number', 'bool'].includes(familyOf(value.type) ?? '');
  return bare ? plain : `'${plain.replaceAll("'", "''")}'`;
}
