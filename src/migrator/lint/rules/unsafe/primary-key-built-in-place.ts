import { keysBuiltInPlace } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const primaryKeyBuiltInPlace: UnsafeRule = {
  id: 'primary-key-built-in-place',
  family: 'unsafe',
  title: "A primary key's index is built while nobody can read or write",
  severity: 'error',
  squawk: ['adding-serial-primary-key-field'],
  advise: (statement) => keysBuiltInPlace(statement, 'CONSTR_PRIMARY', 'PRIMARY KEY', 'pkey'),
};
