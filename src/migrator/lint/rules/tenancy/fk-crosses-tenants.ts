import { keysOf } from '../../keys.js';
import type { TenancyRule } from '../../rule.js';

export const fkCrossesTenants: TenancyRule = {
  id: 'fk-crosses-tenants',
  family: 'tenancy',
  title: 'A new foreign key between tenant tables does not carry the tenant',
  severity: 'error',
  find: (change) => keysOf(change, 'fk-crosses-tenants'),
};
