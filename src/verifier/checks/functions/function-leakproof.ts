import type { Check } from '../../check.js';
import { faultOfFunction, functionOf, signature } from '../../functions.js';

export const functionLeakproof: Check = {
  id: 'function-leakproof',
  family: 'functions',
  title: 'A function is declared LEAKPROOF by hand',
  severity: 'warn',
  explanation:
    'PostgreSQL may run a LEAKPROOF function on rows before the policies have hidden them, trusting that it tells nothing ' +
    'about its arguments: no message, no error that depends on them, no side effect. Only a superuser can declare it, ' +
    "nothing checks it, and a wrong declaration shows other tenants' values in an error message.",
  onlyUnderRls: true,
  *find(subject) {
    for (const fn of subject.snapshot.functions) {
      if (!fn.leakproof || fn.extension !== undefined || !subject.app.mayExecute(fn)) continue;
      yield faultOfFunction(fn, 'it is trusted with rows that the policies hide');
    }
  },
  fix(fault, subject) {
    const fn = functionOf(subject, fault);
    return fn && `ALTER FUNCTION ${signature(fn)} NOT LEAKPROOF;`;
  },
};
