import type { Column } from '../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';

/** Equal for relations of which the same policies say the same: a thousand tables share a handful. */
export function signatureOf(classified: ClassifiedRelation, texts: readonly string[]): string {
  const { relation, tenantColumn, path } = classified;
  const whole = texts.join(' and ');
  const own = `${relation.oid} ${whole}`;
  // Subqueries, and functions that look rows up, go by what the relation refers to.
  if (/\bSELECT .*\bFROM\b/s.test(whole) || path.length > 0) return own;
  const calls = /\w\(/.test(whole.replaceAll('current_setting(', ''));
  if (calls && relation.constraints.some(({ kind }) => kind === 'foreign key')) return own;
  const columns = relation.columns
    .filter(({ name }) => name === tenantColumn || whole.includes(name))
    .map(factsOf);
  const checks = relation.constraints
    .filter(({ kind, columns: of }) => kind === 'check' && of.some((name) => whole.includes(name)))
    .map(({ definition, validated }) => [definition, validated]);
  return JSON.stringify([tenantColumn, columns, checks, whole]);
}

function factsOf(column: Column) {
  const { name, type, baseType, notNull, collationDeterministic, enumLabels, domainChecks } = column;
  const made = column.generated ? column.defaultExpression : undefined;
  return [name, type, baseType, notNull, collationDeterministic, enumLabels, domainChecks, made];
}
