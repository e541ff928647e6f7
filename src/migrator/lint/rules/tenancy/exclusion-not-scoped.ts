import { keysOf } from '../../keys.js';
import type { TenancyRule } from '../../rule.js';

export const exclusionNotScoped: TenancyRule = {
  id: 'exclusion-not-scoped',
  family: 'tenancy',
  title: 'A new exclusion constraint spans all tenants',
  severity: 'error',
  find: (change) => keysOf(change, 'exclusion-not-scoped'),
};
