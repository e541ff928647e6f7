import { displayName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { familyOf, textOf, type Value } from './value.js';
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

/** A concrete value as PostgreSQL reads it; null for NULL. */
export function plainText(value: Value): string | null {
  switch (value.kind) {
    case 'null':
      return null;
    case 'const':
      if (value.value === Number.POSITIVE_INFINITY) return 'infinity';
      return value.value === Number.NEGATIVE_INFINITY ? '-infinity' : String(value.value);
    case 'list':
      return `{${value.items.map((item) => JSON.stringify(plainText(item))).join(',')}}`;
    case 'object':
      return JSON.stringify(
        Object.fromEntries([...value.fields].map(([name, field]) => [name, plainText(field)])),
      );
    default:
      return textOf(value);
  }
}
