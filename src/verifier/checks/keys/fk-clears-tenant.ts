import { quoteIdent } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { constraintOf, replaceForeignKey, tenantLinks } from '../../keys.js';
import { faultOf } from '../../relations.js';

export const fkClearsTenant: Check = {
  id: 'fk-clears-tenant',
  family: 'keys',
  title: 'Deleting a parent row takes the tenant off its children',
  severity: 'warn',
  explanation:
    'ON DELETE SET NULL and SET DEFAULT act on every column of the foreign key, the tenant included. The child then belongs ' +
    'to nobody, or to whichever tenant is the default; where the column is NOT NULL the delete fails instead. PostgreSQL 15 ' +
    'and later take the columns that are meant: ON DELETE SET NULL (parent_id).',
  *find(subject) {
    for (const { child, constraint, carriesTenant } of tenantLinks(subject)) {
      const { foreignKey } = constraint;
      if (!carriesTenant || !foreignKey) continue;
      const cleared = foreignKey.deleteSetColumns;
      const sets = foreignKey.onDelete === 'set null' || foreignKey.onDelete === 'set default';
      if (!sets || (cleared.length > 0 && !cleared.includes(child.tenantColumn ?? ''))) continue;
      const detail = `${constraint.name}: ON DELETE ${foreignKey.onDelete.toUpperCase()} also sets ${child.tenantColumn}`;
      yield faultOf(child.relation, detail, { part: constraint.name });
    }
  },
  fix(fault, subject) {
    const found = constraintOf(subject, fault);
    const key = found?.constraint.foreignKey;
    const parent = subject.relation(key?.relation ?? 0);
    if (!found || !key || !parent || subject.snapshot.server.versionNumber < 150000) return undefined;
    const { constraint, known } = found;
    const meant = constraint.columns.filter((column) => column !== known.tenantColumn).map(quoteIdent);
    const pairs = constraint.columns.map((column, index) => ({
      column,
      references: key.columns[index] ?? '',
    }));
    const onDelete = `${key.onDelete.toUpperCase()} (${meant.join(', ')})`;
    return replaceForeignKey(subject, known.relation, constraint, parent, pairs, {
      onDelete,
      onUpdate: key.onUpdate.toUpperCase(),
    });
  },
};
