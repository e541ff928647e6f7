import type { Constraint, Index, Relation } from '../../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check, Subject } from '../../check.js';
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
    if (!known || !index || known.tenantColumn === undefined || fault.severity === 'info') return undefined;
    return index.constraint === undefined
      ? rebuildIndex(subject, known, index)
      : replaceConstraint(subject, known, index.constraint);
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

function rebuildIndex(subject: Subject, known: ClassifiedRelation, index: Index): string | undefined {
  const tenant = quoteIdent(known.tenantColumn ?? '');
  const definition = index.definition.replace(' USING btree (', () => ` USING btree (${tenant}, `);
  const [first] = findAll(subject.sql.statements(definition), 'IndexElem');
  // A table's name could hold the text that was replaced; then the first column is not ours.
  if (first?.name !== known.tenantColumn) return undefined;
  const name = quoteName({ schema: known.relation.schema, name: index.name });
  return `DROP INDEX ${name};\n${definition};`;
}

function replaceConstraint(subject: Subject, known: ClassifiedRelation, name: string): string | undefined {
  const constraint = known.relation.constraints.find((candidate) => candidate.name === name);
  const inUse = subject.snapshot.relations.some(({ constraints }) =>
    constraints.some(
      ({ foreignKey }) =>
        foreignKey?.relation === known.relation.oid &&
        foreignKey.columns.every((column) => constraint?.columns.includes(column)),
    ),
  );
  // Foreign keys that rely on it have to carry the tenant first.
  if (!constraint || constraint.kind === 'exclusion' || inUse) return undefined;
  const tenant = quoteIdent(known.tenantColumn ?? '');
  const definition = definitionOf(constraint).replace('(', () => `(${tenant}, `);
  return `ALTER TABLE ${quoteName(known.relation)} DROP CONSTRAINT ${quoteIdent(name)}, ADD CONSTRAINT ${quoteIdent(name)} ${definition};`;
}

/** That of a primary key is not read from the catalog: its columns say it all. */
function definitionOf({ kind, definition, columns, deferrable, initiallyDeferred }: Constraint): string {
  if (kind !== 'primary key') return definition;
  const late = `${deferrable ? ' DEFERRABLE' : ''}${initiallyDeferred ? ' INITIALLY DEFERRED' : ''}`;
  return `PRIMARY KEY (${columns.map(quoteIdent).join(', ')})${late}`;
}
