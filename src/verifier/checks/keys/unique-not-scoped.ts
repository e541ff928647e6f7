import type { Index, Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check, Subject } from '../../check.js';
import { scopeUnique } from '../../fix/scope-unique.js';
import { isOwnKey } from '../../keys.js';
import { findAll, textsOf } from '../../policy/nodes.js';
import { faultOf, isWritable, relationOf, tenantTables } from '../../relations.js';

export const uniqueNotScoped: Check = {
  id: 'unique-not-scoped',
  family: 'keys',
  title: 'A unique key spans all tenants',
  severity: 'error',
  explanation:
    'Uniqueness is checked against every row, whatever the policies hide. So an INSERT that fails, or that ON CONFLICT DO ' +
    'NOTHING skips, tells a tenant that another one has this e-mail address or number, and keeps it from using its own. Keys ' +
    'that nobody can guess or choose (uuid, identity, generated defaults) tell nothing and are not reported; of a text ' +
    'primary key only its makers know (info).',
  *find(subject) {
    for (const known of tenantTables(subject)) {
      if (known.class === 'root' || !isWritable(subject, known.relation)) continue;
      for (const index of known.relation.indexes) {
        if (!index.unique || !index.valid || index.inherited || isScoped(subject, known, index)) continue;
        const columns = index.columns.map((column) => column || 'an expression').join(', ');
        const opaque = index.primary && isText(known.relation, index);
        yield faultOf(known.relation, `${index.name} makes ${columns} unique across all tenants`, {
          part: index.name,
          ...(opaque && { severity: 'info' }),
        });
      }
    }
  },
  fix(fault, subject) {
    const known = relationOf(subject, fault);
    const index = known?.relation.indexes.find(({ name }) => name === fault.part);
    if (!known || !index || fault.severity === 'info') return undefined;
    return scopeUnique(subject, known, index);
  },
};

function isScoped(subject: Subject, { relation, tenantColumn }: ClassifiedRelation, index: Index): boolean {
  if (tenantColumn !== undefined && index.columns.includes(tenantColumn)) return true;
  const isExpression = index.columns.includes('');
  const elements = isExpression ? findAll(subject.sql.statements(index.definition), 'IndexElem') : [];
  const expressions = elements.flatMap(({ expr }) =>
    findAll(expr, 'ColumnRef').map(({ fields }) => textsOf(fields).at(-1)),
  );
  if (tenantColumn !== undefined && expressions.includes(tenantColumn)) return true;
  return index.columns.some((column) => isOwnKey(subject, relation, column));
}

function isText(relation: Relation, index: Index): boolean {
  const [name, ...more] = index.columns;
  const type = relation.columns.find((column) => column.name === name)?.baseType ?? '';
  return more.length === 0 && (type === 'text' || type.startsWith('character'));
}
