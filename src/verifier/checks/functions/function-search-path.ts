import type { DatabaseFunction } from '../../../catalog/snapshot.js';
import { quoteIdent } from '../../../identifiers.js';
import type { Check, Subject } from '../../check.js';
import {
  bodyOf,
  faultOfFunction,
  functionOf,
  isCallable,
  policyFunctions,
  signature,
} from '../../functions.js';
import { findAll } from '../../policy/nodes.js';

const SETTING = 'search_path=';

export const functionSearchPath: Check = {
  id: 'function-search-path',
  family: 'functions',
  title: 'The caller decides where a trusted function looks up its tables',
  severity: 'warn',
  explanation:
    "A SECURITY DEFINER function, or one that a policy relies on, looks up unqualified names along the caller's search_path, " +
    'unless it fixes its own. A temporary table of the right name then stands in for the real one. pg_temp is searched ' +
    'first where the path does not name it, so SET search_path = public does not help; name pg_temp, and name it last.',
  *find(subject) {
    const helpers = new Set(policyFunctions(subject));
    for (const fn of subject.snapshot.functions) {
      if (fn.extension !== undefined) continue;
      const trusted =
        (fn.securityDefiner && isCallable(subject, fn)) || (helpers.has(fn) && namesTablesBare(subject, fn));
      const fault = trusted ? weakness(pathOf(fn)) : undefined;
      if (fault !== undefined) yield faultOfFunction(fn, fault);
    }
  },
  fix(fault, subject) {
    const fn = functionOf(subject, fault);
    if (!fn) return undefined;
    const kept = (pathOf(fn) ?? ['pg_catalog', fn.schema]).filter((schema) => schema !== 'pg_temp');
    return `ALTER ROUTINE ${signature(fn)} SET search_path = ${[...kept, 'pg_temp'].map(quoteIdent).join(', ')};`;
  },
};

/** The schemas of the function's own path; undefined where it has none. */
function pathOf(fn: DatabaseFunction): string[] | undefined {
  const setting = fn.settings.find((entry) => entry.startsWith(SETTING))?.slice(SETTING.length);
  // Kept as SET wrote it: names between commas, quoted where they need it. A name with a comma is beyond us.
  return setting
    ?.split(',')
    .map((part) => part.trim().replace(/^"(.*)"$/, (_, name: string) => name.replaceAll('""', '"')))
    .filter((part) => part !== '');
}

function weakness(path: string[] | undefined): string | undefined {
  if (!path) return 'it has no search_path of its own';
  if (path.length === 0 || path.at(-1) === 'pg_temp') return undefined;
  return `its search_path (${path.join(', ')}) does not end with pg_temp`;
}

function namesTablesBare(subject: Subject, fn: DatabaseFunction): boolean {
  const statements = bodyOf(subject, fn)?.statements;
  const local = findAll(statements, 'CommonTableExpr').map(({ ctename }) => ctename);
  return findAll(statements, 'RangeVar').some(
    ({ schemaname, relname }) => schemaname === undefined && !local.includes(relname),
  );
}
