import type { Constraint, Index } from '../../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check, Subject } from '../../check.js';
import { findAll } from '../../policy/nodes.js';
import { faultOf, isWritable, relationOf, tenantTables } from '../../relations.js';
import { isOpaque, unscopedKeys } from '../../spanning.js';

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
      if (!isWritable(subject, known.relation)) continue;
      for (const index of unscopedKeys(subject, known)) {
        const columns = index.columns.map((column) => column || 'an expression').join(', ');
        const opaque = isOpaque(known.relation, index);
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
