import type { Column, DatabaseFunction } from '../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import { once } from '../once.js';

/** Names of the functions that may read a table, themselves or by what they call. */
export function lookupsIn(functions: readonly DatabaseFunction[]): ReadonlySet<string> {
  const found = new Set(functions.filter(({ source }) => /\bfrom\b/i.test(source)).map(({ name }) => name));
  for (const lookup of found) {
    for (const { name, source } of functions) if (source.includes(lookup)) found.add(name);
  }
  return found;
}

/** Whether a policy's text has a subquery, or calls a function that looks rows up. */
export function looksUp(text: string, lookups: ReadonlySet<string>): boolean {
  return /\bSELECT .*\bFROM\b/s.test(text) || [...lookups].some((name) => text.includes(name));
}

/** Equal for relations of which the same policies say the same: a thousand tables share a handful. */
export function signatureOf(
  classified: ClassifiedRelation,
  texts: readonly string[],
  lookups: ReadonlySet<string>,
): string {
  const { relation, tenantColumn, path } = classified;
  const whole = texts.join(' and ');
  const own = `${relation.oid} ${whole}`;
  // Subqueries, and functions that look rows up, go by what the relation refers to.
  if (path.length > 0 || looksUp(whole, lookups)) return own;
  const columns = relation.columns
    .filter(({ name }) => name === tenantColumn || whole.includes(name))
    .map(factsOf);
  const checks = relation.constraints
    .filter(({ kind, columns: of }) => kind === 'check' && of.some((name) => whole.includes(name)))
    .map(({ definition, validated }) => `${validated} ${definition}`);
  // No name, and no text of PostgreSQL's, holds a NUL.
  return [tenantColumn, columns.join('\0'), checks.join('\0'), whole].join('\0\0');
}

/** Columns that are alike are one object. */
const factsOf = once((column: Column): string => {
  const { name, type, baseType, neverNull, collationDeterministic, enumLabels, domainChecks } = column;
  const made = column.generated ? column.defaultExpression : undefined;
  const facts = [name, type, baseType, neverNull, collationDeterministic, enumLabels, domainChecks, made];
  return JSON.stringify(facts);
});
