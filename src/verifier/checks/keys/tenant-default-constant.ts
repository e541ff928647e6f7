import type { Node } from 'libpg-query';
import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { faultOf, tenantTables } from '../../relations.js';

export const tenantDefaultConstant: Check = {
  id: 'tenant-default-constant',
  family: 'keys',
  title: 'Rows without a tenant are given to one tenant',
  severity: 'warn',
  explanation:
    'The tenant column has a constant as its default, so an INSERT that forgets the tenant succeeds, for that tenant. This ' +
    'is useful while a single-tenant table is being changed over, and wrong afterwards. A default that asks for the current ' +
    'tenant is right; without any, the INSERT fails.',
  *find(subject) {
    for (const { relation, tenantColumn, class: kind } of tenantTables(subject)) {
      const column = relation.columns.find(({ name }) => name === tenantColumn);
      if (kind === 'root' || column?.defaultExpression === undefined || relation.isPartition) continue;
      if (!isConstant(subject.sql.expression(column.defaultExpression))) continue;
      yield faultOf(relation, `the default of ${column.name} is ${column.defaultExpression}`, {
        column: column.name,
      });
    }
  },
  fix: (fault) =>
    `ALTER TABLE ${quoteName({ schema: fault.schema, name: fault.object })} ALTER COLUMN ${quoteIdent(fault.column ?? '')} DROP DEFAULT;`,
};

function isConstant(node: Node | undefined): boolean {
  if (!node) return false;
  if ('TypeCast' in node) return isConstant(node.TypeCast.arg);
  return 'A_Const' in node && !node.A_Const.isnull;
}
