import { shownName, sqlName, targetsOf } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const truncateCascades: UnsafeRule = {
  id: 'truncate-cascades',
  family: 'unsafe',
  title: 'Tables are emptied that nobody named',
  severity: 'error',
  squawk: ['ban-truncate-cascade'],
  advise({ node }) {
    const tables = targetsOf(node);
    const names = tables.map(shownName).join(', ');
    return {
      detail: `every table that refers to ${names}, and every one that refers to those, loses all rows of all tenants; row level security and ON DELETE are not asked`,
      recipe: `TRUNCATE ${tables.map(sqlName).join(', ')};   -- names each table that is meant; it fails where one is missing`,
    };
  },
};
