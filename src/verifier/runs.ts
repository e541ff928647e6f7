import type { DatabaseFunction } from '../catalog/snapshot.js';
import type { Subject } from './check.js';
import { bodyOf, isCallable, policyFunctions } from './functions.js';
import { textsOf } from './policy/nodes.js';
import { callsIn } from './policy/statements.js';

/** A function that runs, and the role that it runs as. */
export interface Run {
  fn: DatabaseFunction;
  as: string;
}

/**
 * What runs when a SECURITY DEFINER function is called: itself, and what it calls in turn, as the same owner or as another
 * one. What the application could call by itself, and the helpers of policies, are looked at by themselves.
 */
export function runsOf(subject: Subject, definer: DatabaseFunction): Run[] {
  const runs: Run[] = [{ fn: definer, as: definer.owner }];
  for (const { fn, as } of runs) {
    for (const called of calledBy(subject, fn)) {
      if (runs.some((run) => run.fn === called)) continue;
      if (called.securityDefiner && isCallable(subject, called)) continue;
      runs.push({ fn: called, as: called.securityDefiner ? called.owner : as });
    }
  }
  return runs;
}

/** A bare name may mean a function of any schema: which one, the search path of the call decides. */
function calledBy(subject: Subject, fn: DatabaseFunction): DatabaseFunction[] {
  const names = callsIn(bodyOf(subject, fn)?.statements ?? []).map(textsOf);
  const helpers = policyFunctions(subject);
  return subject.snapshot.functions.filter(
    (each) =>
      each.extension === undefined &&
      !helpers.includes(each) &&
      names.some((parts) => parts.at(-1) === each.name && (parts.length < 2 || parts.at(-2) === each.schema)),
  );
}
