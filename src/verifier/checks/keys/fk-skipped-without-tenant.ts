import type { Check } from '../../check.js';
import { requireColumn } from '../../fix/online.js';
import { constraintOf, tenantLinks } from '../../keys.js';
import { faultOf } from '../../relations.js';

export const fkSkippedWithoutTenant: Check = {
  id: 'fk-skipped-without-tenant',
  family: 'keys',
  title: 'A foreign key is not checked where the tenant is NULL',
  severity: 'warn',
  explanation:
    'A foreign key over several columns is skipped as soon as one of them is NULL (MATCH SIMPLE, the default). With a ' +
    "nullable tenant column, a row without a tenant may therefore hold another tenant's id, or one that does not exist.",
  *find(subject) {
    for (const { child, constraint, carriesTenant } of tenantLinks(subject)) {
      const column = child.relation.columns.find(({ name }) => name === child.tenantColumn);
      if (!carriesTenant || !column || column.neverNull || constraint.columns.length < 2) continue;
      if (constraint.foreignKey?.match === 'full') continue;
      yield faultOf(child.relation, `${constraint.name} is skipped where ${column.name} is NULL`, {
        column: column.name,
        part: constraint.name,
      });
    }
  },
  fix(fault, subject) {
    const found = constraintOf(subject, fault);
    if (!found || fault.column === undefined) return undefined;
    return requireColumn(subject, found.known.relation, fault.column);
  },
};
