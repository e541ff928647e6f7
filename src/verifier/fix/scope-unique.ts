import type { Constraint, Index, Relation } from '../../catalog/snapshot.js';
import { quoteIdent, quoteLiteral, quoteName } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { deferralOf } from '../keys.js';
import { findAll, textsOf } from '../policy/nodes.js';
import { freeName, isPartitioned, requireColumn } from './online.js';

/**
 * SQL that puts the tenant in front of a unique key. The new one is built before the old one goes, so that at no moment two
 * rows of a tenant can be equal.
 *
 * @returns undefined where foreign keys rely on it, which have to carry the tenant first, or it cannot be rewritten
 */
export function scopeUnique(subject: Subject, known: ClassifiedRelation, index: Index): string | undefined {
  if (known.tenantColumn === undefined || index.exclusion) return undefined;
  if (isReferredTo(subject, known.relation, index.columns)) return undefined;
  const constraint = known.relation.constraints.find(({ name }) => name === index.constraint);
  return constraint
    ? replaceConstraint(subject, known, constraint, index)
    : rebuildIndex(subject, known, index);
}

function rebuildIndex(subject: Subject, known: ClassifiedRelation, index: Index): string | undefined {
  const { schema } = known.relation;
  const name = quoteName({ schema, name: index.name });
  const fresh = freeName(subject, schema, [index.name, 'tenant']);
  const definition = scopedIndex(subject, known, index, fresh);
  if (definition === undefined) return undefined;
  return [
    `${definition};`,
    `DROP INDEX ${name};`,
    `ALTER INDEX ${quoteName({ schema, name: fresh })} RENAME TO ${quoteIdent(index.name)};`,
  ].join('\n');
}

/** Its definition with another name, and the tenant in front. */
function scopedIndex(
  subject: Subject,
  { relation, tenantColumn = '' }: ClassifiedRelation,
  { name, definition }: Index,
  fresh: string,
): string | undefined {
  // PostgreSQL quotes only where it has to.
  const start = [name, quoteIdent(name)]
    .map((each) => `CREATE UNIQUE INDEX ${each} ON `)
    .find((each) => definition.startsWith(each));
  // Of a partitioned table it writes ONLY, which would leave its partitions without the index.
  const rest = definition.slice(start?.length).replace(isPartitioned(relation) ? /^ONLY / : '', '');
  const scoped = rest.replace(' USING btree (', () => ` USING btree (${quoteIdent(tenantColumn)}, `);
  const text = `CREATE UNIQUE INDEX ${quoteIdent(fresh)} ON ${scoped}`;
  const [first] = findAll(subject.sql.statements(text), 'IndexElem');
  // A table's name could hold the text that was replaced; then the first column is not ours.
  return start !== undefined && first?.name === tenantColumn ? text : undefined;
}

function replaceConstraint(
  subject: Subject,
  known: ClassifiedRelation,
  constraint: Constraint,
  index: Index,
): string {
  const { relation, tenantColumn = '' } = known;
  const { name, kind } = constraint;
  const drop = `ALTER TABLE ${quoteName(relation)} DROP CONSTRAINT ${quoteIdent(name)},`;
  const add = `${drop} ADD CONSTRAINT ${quoteIdent(name)}`;
  const [parsed] = findAll(
    subject.sql.statements(`ALTER TABLE t ADD ${definitionOf(constraint)}`),
    'Constraint',
  );
  if (isPartitioned(relation) || parsed?.without_overlaps) {
    const deferral = deferralOf(constraint);
    const definition = definitionOf(constraint).replace('(', () => `(${quoteIdent(tenantColumn)}, `);
    const plain = definition.endsWith(deferral)
      ? definition.slice(0, -deferral.length || undefined)
      : definition;
    return `${add} ${plain}${storageOf(subject, index)}${definition === plain ? '' : deferral};`;
  }
  const fresh = quoteIdent(freeName(subject, relation.schema, [name, 'tenant']));
  const columns = [tenantColumn, ...constraint.columns].map(quoteIdent).join(', ');
  const included = textsOf(parsed?.including).map(quoteIdent).join(', ');
  return [
    ...(isRequired(known) || kind === 'unique' ? [] : [requireColumn(subject, relation, tenantColumn)]),
    `CREATE UNIQUE INDEX ${fresh} ON ${quoteName(relation)} (${columns})${included && ` INCLUDE (${included})`}${
      parsed?.nulls_not_distinct ? ' NULLS NOT DISTINCT' : ''
    }${storageOf(subject, index)};`,
    `${add} ${kind.toUpperCase()} USING INDEX ${fresh}${deferralOf(constraint)};`,
  ].join('\n');
}

/** The storage parameters of an index, which the definition of its constraint leaves out. */
function storageOf(subject: Subject, { definition }: Index): string {
  const [statement] = findAll(subject.sql.statements(definition), 'IndexStmt');
  const options = findAll(statement?.options, 'DefElem').map(({ defname, arg }) => {
    const [text] = findAll(arg, 'String').flatMap(({ sval }) => sval ?? []);
    const [number] = findAll(arg, 'Integer').flatMap(({ ival }) => ival ?? []);
    return `${defname}=${text === undefined ? number : quoteLiteral(text)}`;
  });
  return options.length === 0 ? '' : ` WITH (${options.join(', ')})`;
}

function isReferredTo(subject: Subject, { oid }: Relation, key: readonly string[]): boolean {
  return subject.snapshot.relations.some(({ constraints }) =>
    constraints.some(
      ({ foreignKey }) =>
        foreignKey?.relation === oid && foreignKey.columns.every((column) => key.includes(column)),
    ),
  );
}

/** Else a primary key would read all rows for it, under a lock that keeps everybody out. */
function isRequired({ relation, tenantColumn }: ClassifiedRelation): boolean {
  return relation.columns.some(({ name, neverNull }) => name === tenantColumn && neverNull);
}

/** That of a primary key is not read from the catalog: its columns say it all. */
function definitionOf(constraint: Constraint): string {
  if (constraint.kind !== 'primary key') return constraint.definition;
  return `PRIMARY KEY (${constraint.columns.map(quoteIdent).join(', ')})${deferralOf(constraint)}`;
}
