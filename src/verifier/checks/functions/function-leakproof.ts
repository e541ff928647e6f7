import type { DatabaseFunction } from '../../../catalog/snapshot.js';
import type { Check, Subject } from '../../check.js';
import { faultOfFunction, functionOf, isCallable, signature } from '../../functions.js';
import { findAll, textsOf } from '../../policy/nodes.js';

export const functionLeakproof: Check = {
  id: 'function-leakproof',
  family: 'functions',
  title: 'A function is declared LEAKPROOF by hand',
  severity: 'warn',
  explanation:
    'PostgreSQL may run a LEAKPROOF function on rows before the policies have hidden them, trusting that it tells nothing ' +
    'about its arguments: no message, no error that depends on them, no side effect. Only a superuser can declare it, ' +
    "nothing checks it, and a wrong declaration shows other tenants' values in an error message. Unless it only compares, a " +
    'person has to look: until it is waived, the verdict is inconclusive.',
  onlyUnderRls: true,
  *find(subject) {
    for (const fn of subject.snapshot.functions) {
      if (!fn.leakproof || fn.extension !== undefined || !isCallable(subject, fn)) continue;
      yield faultOfFunction(fn, 'it is trusted with rows that the policies hide', {
        ...(!tellsNothing(subject, fn) && { undecided: true }),
      });
    }
  },
  fix(fault, subject) {
    const fn = functionOf(subject, fault);
    return fn && `ALTER FUNCTION ${signature(fn)} NOT LEAKPROOF;`;
  },
};

/** Without arguments there is nothing to tell; and comparisons of PostgreSQL's own neither fail nor write. */
function tellsNothing(subject: Subject, fn: DatabaseFunction): boolean {
  if (fn.argumentNames.length === 0) return true;
  const [statement, ...more] = fn.language === 'sql' ? (subject.sql.functionBody(fn.source) ?? []) : [];
  if (!statement || more.length > 0 || !('SelectStmt' in statement)) return false;
  const calls = ['FuncCall', 'TypeCast', 'SubLink', 'RangeVar'] as const;
  return (
    calls.every((kind) => findAll(statement, kind).length === 0) &&
    findAll(statement, 'A_Expr').every(({ name }) => COMPARISONS.includes(textsOf(name).join('.')))
  );
}

const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='];
