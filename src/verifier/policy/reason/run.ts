import type { Program, Step, Variable } from '../plpgsql.js';
import { truthOf, Unreadable } from './case.js';
import { cast } from './cast.js';
import type { Scope } from './scope.js';
import { typeNamed } from './types.js';
import { ERROR, NULL, type Value } from './value.js';

/** What a PL/pgSQL function comes to in the case that is looked at; undefined where it ends without RETURN. */
export function run({ variables, body }: Program, outer: Scope): Value | undefined {
  const held = new Map<string, Value>();
  const scope: Scope = {
    ...outer,
    column: (parts) => (parts.length === 1 && held.get(parts[0] ?? '')) || outer.column(parts),
  };
  const { evaluate } = scope.question;
  const assign = ({ name, type }: Variable, value: Value): Value => {
    const converted = cast(value, typeNamed(type), scope.here);
    held.set(name, converted);
    return converted;
  };

  const runAll = (steps: readonly Step[]): Value | undefined => {
    for (const step of steps) {
      const result = runOne(step);
      if (result) return result;
    }
    return undefined;
  };
  const runOne = (step: Step): Value | undefined => {
    switch (step.kind) {
      case 'return':
        return evaluate(step.value, scope);
      case 'fail':
        return ERROR;
      case 'try':
        return attempt(step);
      case 'assign':
        return assign(step.variable, evaluate(step.value, scope)).kind === 'error' ? ERROR : undefined;
      case 'if': {
        for (const { condition, body: then } of step.tests) {
          const truth = truthOf(evaluate(condition, scope), scope.here);
          if (truth === 'error') return ERROR;
          if (truth === 'true') return runAll(then);
        }
        return runAll(step.otherwise);
      }
    }
  };

  // Of a value that is not known it is not known either whether it fails.
  const attempt = ({ body, handlers }: Extract<Step, { kind: 'try' }>): Value | undefined => {
    const { here, place } = scope;
    const taken = here.concrete ? 0 : here.decide(`what ${place} goes on with`, handlers.length + 1);
    const value = runAll(taken === 0 ? body : (handlers[taken - 1] ?? []));
    if (here.concrete && value?.kind === 'error')
      throw new Unreadable('what EXCEPTION makes of an error', false);
    return value;
  };

  // Each may use those before it; its own name still means what it means outside.
  for (const variable of variables) {
    const value = variable.initial ? evaluate(variable.initial, scope) : NULL;
    if (assign(variable, value).kind === 'error') return ERROR;
  }
  return runAll(body);
}
