import type { Node } from 'libpg-query';
import type { Check } from '../../check.js';
import { bodyOf, faultOfFunction, functionOf, policyFunctions, signature } from '../../functions.js';
import { findAll, textsOf } from '../../policy/nodes.js';

export const policyFunctionImmutable: Check = {
  id: 'policy-function-immutable',
  family: 'policies',
  title: "A policy's function is declared IMMUTABLE, but reads the session or tables",
  severity: 'error',
  explanation:
    'PostgreSQL replaces a call of an IMMUTABLE function by its result when it plans a statement. A prepared statement, ' +
    'which is what drivers and poolers use, then goes on with the tenant that was set when the plan was made. A function ' +
    'that reads a setting or a table is STABLE.',
  onlyUnderRls: true,
  *find(subject) {
    for (const fn of policyFunctions(subject)) {
      if (fn.volatility !== 'immutable') continue;
      const reads = whatItReads(bodyOf(subject, fn)?.statements);
      if (reads === undefined) continue;
      yield faultOfFunction(fn, `a policy calls it, it reads ${reads}, and it is declared IMMUTABLE`);
    }
  },
  fix(fault, subject) {
    const fn = functionOf(subject, fault);
    return fn && `ALTER FUNCTION ${signature(fn)} STABLE;`;
  },
};

function whatItReads(statements: Node[] | undefined): string | undefined {
  const calls = findAll(statements, 'FuncCall').map(({ funcname }) => textsOf(funcname).at(-1));
  if (calls.includes('current_setting')) return 'a setting';
  if (findAll(statements, 'RangeVar').length > 0) return 'a table';
  return findAll(statements, 'SQLValueFunction').length > 0 ? 'the session' : undefined;
}
