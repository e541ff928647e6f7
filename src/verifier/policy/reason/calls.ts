import type { DatabaseFunction } from '../../../catalog/snapshot.js';
import { termOf } from './builtins.js';
import { settled, Unreadable } from './case.js';
import { cast } from './cast.js';
import { bodyOf, canStandIn, functionsNamed, isTooDeep, ofType, scopeOf, theOne } from './functions.js';
import { run } from './run.js';
import type { Scope } from './scope.js';
import { scalar } from './subquery.js';
import { typeSpelled } from './types.js';
import { ERROR, NULL, textOf, type Value } from './value.js';

/** A function that users made, looked into where it can be; undefined where the name is none of theirs. */
export function callOf(parts: readonly string[], values: readonly Value[], scope: Scope): Value | undefined {
  const candidates = functionsNamed(parts, scope);
  if (candidates.length === 0) return undefined;
  const name = parts.join('.');
  const fn = theOne(parts, candidates, values.length);
  if (fn && parts.length === 1 && canStandIn(fn.schema, scope)) {
    const why = `the function ${name}, for which another one can stand in`;
    return termOf(`${name}(${values.map(textOf).join(', ')})`, values, scope.here, { why });
  }
  if (!fn || fn.returnsSet || isTooDeep(scope)) return opaque(name, candidates, values, scope);
  if (fn.strict && values.some((value) => settled(value, scope.here).kind === 'null')) return NULL;
  const body = bodyOf(fn, scope);
  if (!body) return opaque(name, candidates, values, scope);
  const inner = scopeOf(fn, values, scope);
  if ('select' in body) return ofType(scalar(body.select, inner, 'first'), fn.returns, scope);
  const value = run(body.program, inner) ?? endOf(fn);
  // RETURN converts to the declared type, as an assignment does.
  return fn.returns === 'boolean'
    ? value
    : cast(value, { ...typeSpelled(fn.returns), limits: [] }, scope.here);
}

/** To end without RETURN is an error, but where there is nothing to return, or variables hold it. */
function endOf({ returns, arguments: parameters, name }: DatabaseFunction): Value {
  if (returns !== 'void' && !/\b(IN)?OUT\b/.test(parameters)) return ERROR;
  throw new Unreadable(`what ${name}() returns`, false);
}

function opaque(
  name: string,
  candidates: readonly DatabaseFunction[],
  values: readonly Value[],
  { here }: Scope,
): Value {
  const why = `the function ${name}, which cannot be looked into`;
  const shown = `${name}(${values.map(textOf).join(', ')})`;
  if (candidates.every(({ volatility }) => volatility !== 'volatile')) {
    return termOf(shown, values, here, { why });
  }
  here.serial += 1;
  return termOf(`${shown} #${here.serial}`, values, here, { why });
}
