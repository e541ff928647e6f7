import type { DatabaseFunction } from '../../catalog/snapshot.js';
import type { Subject } from '../check.js';
import { findAll, textsOf } from './nodes.js';

/** What a text has to contain that changes a setting, or runs text that nobody can read here. */
const SUSPECT = /\b(set_config|set|reset|execute|discard)\b/i;
const READ = new Set(['sql', 'plpgsql', 'c', 'internal']);

/** Names of the functions that may change a setting, themselves or by what they call: also the tenant, within a query. */
export function settersIn({ snapshot, sql }: Subject): ReadonlySet<string> {
  const isFormatOwn = snapshot.functions.some(({ name }) => name === 'format');
  const changes = (fn: DatabaseFunction): boolean => {
    if (!READ.has(fn.language)) return fn.kind === 'function';
    if (!SUSPECT.test(fn.source)) return false;
    const body = fn.language === 'plpgsql' ? sql.plpgsql(fn.definition ?? '') : undefined;
    const statements = body?.steps.map(({ statement }) => statement) ?? sql.functionBody(fn.source);
    const composed = body?.dynamic ? body.composed : [];
    if (!statements || !composed || (composed.length > 0 && isFormatOwn)) return true;
    const all = [...statements, ...composed];
    return (
      findAll(all, 'VariableSetStmt').length > 0 ||
      findAll(all, 'FuncCall').some(({ funcname }) => textsOf(funcname).at(-1) === 'set_config')
    );
  };
  const found = new Set(snapshot.functions.filter(changes).map(({ name }) => name));
  if (found.size > 0) {
    for (const setter of found) {
      for (const { name, source } of snapshot.functions) if (source.includes(setter)) found.add(name);
    }
  }
  return found.add('set_config');
}

/** The function that a condition calls, and that may change a setting. */
export function callsSetter(trees: readonly unknown[], setters: ReadonlySet<string>): string | undefined {
  return findAll(trees, 'FuncCall')
    .map(({ funcname }) => textsOf(funcname).at(-1) ?? '')
    .find((name) => setters.has(name));
}
