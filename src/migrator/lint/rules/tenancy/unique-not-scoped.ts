import { keysOf } from '../../keys.js';
import type { TenancyRule } from '../../rule.js';

export const uniqueNotScoped: TenancyRule = {
  id: 'unique-not-scoped',
  family: 'tenancy',
  title: 'A new unique key spans all tenants',
  severity: 'error',
  find: (change) => keysOf(change, 'unique-not-scoped'),
};
