import type { TypeName } from 'libpg-query';
import { textsOf } from './nodes.js';
import { ERROR, FALSE, OPAQUE, TRUE, type Value } from './value.js';

const TEXT = new Set(['text', 'varchar', 'name', 'citext', 'unknown']);
/** Casts that keep different keys different. */
const EXACT = new Set([...TEXT, 'uuid', 'int2', 'int4', 'int8', 'numeric']);

/**
 * The value after a cast. '' is no uuid and no number, so casting it fails; a key cast to a shorter or coarser type may
 * equal another one.
 */
export function castOf(value: Value, typeName: TypeName | undefined): Value {
  const type = textsOf(typeName?.names).at(-1) ?? '';
  const limited = (typeName?.typmods ?? []).length > 0 || (typeName?.arrayBounds ?? []).length > 0;
  if (value.kind === 'known' && value.value !== null) {
    if (type === 'bool') return toBoolean(value.value);
    return value.value === '' && !TEXT.has(type) && EXACT.has(type) ? ERROR : value;
  }
  if (value.kind === 'own') {
    const exact = EXACT.has(type) && !limited && (TEXT.has(type) || !value.text);
    return exact ? value : OPAQUE;
  }
  return value;
}

function toBoolean(text: string): Value {
  if (['t', 'true', 'on', 'yes', '1'].includes(text)) return TRUE;
  return ['f', 'false', 'off', 'no', '0'].includes(text) ? FALSE : ERROR;
}
