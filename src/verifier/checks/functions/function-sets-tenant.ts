import type { Node } from 'libpg-query';
import type { Check } from '../../check.js';
import { bodyOf, faultOfFunction, functionOf, signature } from '../../functions.js';
import { granteeList } from '../../grants.js';
import { findAll, textsOf } from '../../policy/nodes.js';
import { contextSettings } from '../../policy/reason/session.js';

export const functionSetsTenant: Check = {
  id: 'function-sets-tenant',
  family: 'functions',
  title: 'A function sets the tenant of its caller',
  severity: 'warn',
  explanation:
    'Whoever calls it works for another tenant from then on, until the transaction ends, and a query that happens to call ' +
    'it shows the rows of two tenants. Only a fixed tenant is reported: to set the one that the arguments name is how many ' +
    'applications begin a request.',
  onlyUnderRls: true,
  *find(subject) {
    const names = contextSettings(subject.tenancy.config.context, subject.sql);
    for (const fn of subject.snapshot.functions) {
      if (fn.extension !== undefined || !subject.app.mayExecute(fn)) continue;
      if (!settingsOf(bodyOf(subject, fn)?.statements, names).some(isFixed)) continue;
      yield faultOfFunction(fn, 'sets the context to one fixed tenant, whoever calls it');
    }
  },
  fix(fault, subject) {
    const fn = functionOf(subject, fault);
    return (
      fn && `REVOKE EXECUTE ON ROUTINE ${signature(fn)} FROM ${granteeList(subject.app.usable(fn.grants))};`
    );
  },
};

/** What the context is set to: by set_config(), SET or SET LOCAL. */
function settingsOf(statements: Node[] | undefined, names: readonly string[]): Node[][] {
  const isContext = (name: string | undefined) => names.includes((name ?? '').toLowerCase());
  const calls = findAll(statements, 'FuncCall')
    .filter(({ funcname }) => textsOf(funcname).at(-1) === 'set_config')
    .filter(({ args }) => findAll(args?.[0], 'A_Const').some(({ sval }) => isContext(sval?.sval)))
    .map(({ args }) => args?.slice(1, 2) ?? []);
  const sets = findAll(statements, 'VariableSetStmt')
    .filter(({ kind, name }) => kind === 'VAR_SET_VALUE' && isContext(name))
    .map(({ args }) => args ?? []);
  return [...calls, ...sets];
}

/** Whether a tenant is named: by a text that is not empty, with nothing looked up. */
function isFixed(value: Node[]): boolean {
  const looksUp = (['ColumnRef', 'ParamRef', 'FuncCall', 'SubLink'] as const).some(
    (kind) => findAll(value, kind).length > 0,
  );
  return !looksUp && findAll(value, 'A_Const').some(({ sval }) => (sval?.sval ?? '') !== '');
}
