import { shownName, sqlName, targetsOf } from '../../parse.js';
import { OUTSIDE } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const indexDropNotConcurrent: UnsafeRule = {
  id: 'index-drop-not-concurrent',
  family: 'unsafe',
  title: 'An index is dropped under a lock that keeps everybody out of its table',
  severity: 'warn',
  squawk: ['require-concurrent-index-deletion'],
  advise({ node }) {
    const indexes = targetsOf(node);
    const names = indexes.map(shownName).join(', ');
    return {
      detail: `nobody can read or write the table of ${names} until the transaction ends, nor while it waits for its lock`,
      recipe: [OUTSIDE, ...indexes.map((name) => `DROP INDEX CONCURRENTLY ${sqlName(name)};`)].join('\n'),
    };
  },
};
