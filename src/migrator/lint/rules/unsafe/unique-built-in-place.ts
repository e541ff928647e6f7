import { keysBuiltInPlace } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const uniqueBuiltInPlace: UnsafeRule = {
  id: 'unique-built-in-place',
  family: 'unsafe',
  title: "A unique constraint's index is built while nobody can read or write",
  severity: 'error',
  squawk: ['disallowed-unique-constraint'],
  advise: (statement) => keysBuiltInPlace(statement, 'CONSTR_UNIQUE', 'UNIQUE', 'key'),
};
