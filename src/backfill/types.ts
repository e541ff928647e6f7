import { TenantctlError } from '../errors.js';
import { displayName, type QualifiedName, quoteIdent, quoteName } from '../identifiers.js';

const INTEGERS = ['smallint', 'integer', 'bigint'];

/**
 * Refuses a tenant column that cannot hold every value it is to be filled with. A cast would cut a text off without a
 * word, and the row would belong to another tenant.
 *
 * @param column the column to be filled, and its type as format_type spells it
 * @param from where its values come from
 * @throws TenantctlError usage
 */
export function requireRoom(
  table: QualifiedName,
  column: { name: string; type: string },
  from: { shown: string; type: string },
): void {
  if (holds(column.type, from.type)) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'TYPE_MISMATCH',
    message: `Cannot backfill ${displayName(table)}: its ${column.name} is ${column.type}, and ${from.shown} is ${from.type}.`,
    hint: `ALTER TABLE ${quoteName(table)} ALTER COLUMN ${quoteIdent(column.name)} TYPE ${from.type} USING ${quoteIdent(column.name)}::${from.type}`,
  });
}

function holds(type: string, other: string): boolean {
  if (type === other) return true;
  if (INTEGERS.includes(type)) return INTEGERS.slice(0, INTEGERS.indexOf(type)).includes(other);
  const unlimited = type === 'text' || type === 'character varying';
  return unlimited && (other === 'text' || other.startsWith('character varying'));
}
