import type { Node, SelectStmt } from 'libpg-query';
import type { DatabaseFunction } from '../../../catalog/snapshot.js';
import { inheritedRoles } from '../../../catalog/roles.js';
import { termOf } from './builtins.js';
import { settled } from './case.js';
import { cast } from './cast.js';
import { evaluate } from './evaluate.js';
import type { Role, Scope } from './scope.js';
import { scalar } from './subquery.js';
import { typeSpelled } from './types.js';
import { NULL, textOf, type Value } from './value.js';

const DEEPEST = 8;

/** A function that users made, looked into where it can be; undefined where the name is none of theirs. */
export function callOf(parts: readonly string[], values: readonly Value[], scope: Scope): Value | undefined {
  const candidates = functionsNamed(parts, scope);
  if (candidates.length === 0) return undefined;
  const name = parts.join('.');
  const fn = theOne(candidates, values.length);
  if (!fn || fn.returnsSet || scope.depth >= DEEPEST) return opaque(name, candidates, values, scope);
  if (fn.strict && values.some((value) => settled(value, scope.here).kind === 'null')) return NULL;
  const body = bodyOf(fn, scope);
  if (!body) return opaque(name, candidates, values, scope);
  const inner = scopeOf(fn, values, scope);
  if ('select' in body) return scalar(body.select, inner, 'first');
  const value = evaluate(body.expression, inner);
  // RETURN converts to the declared type, as an assignment does.
  return fn.returns === 'boolean' ? value : cast(value, { ...typeSpelled(fn.returns), limits: [] }, scope.here);
}

/** The query of a function that returns rows, with the scope of its text; undefined where it cannot be looked into. */
export function rowsOfCall(
  parts: readonly string[],
  args: readonly Node[],
  scope: Scope,
): { select: SelectStmt; inner: Scope } | undefined {
  const fn = theOne(functionsNamed(parts, scope), args.length);
  const body = fn?.returnsSet && !fn.strict && scope.depth < DEEPEST ? bodyOf(fn, scope) : undefined;
  if (!fn || !body || !('select' in body)) return undefined;
  const values = args.map((arg) => evaluate(arg, scope));
  return { select: body.select, inner: scopeOf(fn, values, scope) };
}

function functionsNamed(parts: readonly string[], { question, bareNames }: Scope): DatabaseFunction[] {
  const [schema, name] = parts.length > 1 ? parts : [undefined, parts[0]];
  if (schema === undefined && !bareNames) return [];
  return question.subject.snapshot.functions.filter(
    (fn) => fn.name === name && (schema === undefined || fn.schema === schema),
  );
}

function theOne(candidates: readonly DatabaseFunction[], given: number): DatabaseFunction | undefined {
  const [fn, ...others] = candidates.filter(
    ({ kind, argumentNames, requiredArguments }) =>
      kind === 'function' && requiredArguments <= given && given <= argumentNames.length,
  );
  if (!fn || others.length > 0 || /\bVARIADIC\b/.test(fn.arguments)) return undefined;
  return fn.settings.every((set) => set.startsWith('search_path=')) ? fn : undefined;
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
    // Without arguments it can only ask the session.
    return termOf(shown, values, here, values.length === 0 ? { why, session: true } : { why });
  }
  here.serial += 1;
  return termOf(`${shown} #${here.serial}`, values, here, { why });
}

type Body = { select: SelectStmt } | { expression: Node };

/** A function of one SELECT, or of nothing but IF and RETURN. */
function bodyOf(fn: DatabaseFunction, { question }: Scope): Body | undefined {
  const { sql } = question.subject;
  if (fn.language === 'plpgsql') {
    const expression = sql.returned(fn.definition ?? '');
    return expression && { expression };
  }
  if (fn.language !== 'sql') return undefined;
  const [statement, ...others] = sql.functionBody(fn.source) ?? [];
  if (!statement || others.length > 0 || !('SelectStmt' in statement)) return undefined;
  return { select: statement.SelectStmt };
}

/** Parameters by name or number; what a default gives is not looked into. */
function scopeOf(fn: DatabaseFunction, values: readonly Value[], scope: Scope): Scope {
  const missing = (index: number): Value | undefined => {
    if (index < 0 || index >= fn.argumentNames.length) return undefined;
    const name = `default of ${fn.name}.${index}`;
    return values[index] ?? termOf(name, [], scope.here, { why: `a default of ${fn.name}()` });
  };
  return {
    ...scope,
    role: fn.securityDefiner ? roleNamed(fn.owner, scope) : scope.role,
    place: `${fn.schema}.${fn.name}(${values.map(textOf).join(', ')})`,
    column: (parts) => {
      const known = parts.length === 1 || parts[0] === fn.name;
      return known ? missing(fn.argumentNames.indexOf(parts.at(-1) ?? '')) : undefined;
    },
    parameter: (number) => missing(number - 1),
    queries: new Map(),
    bareNames: true,
    depth: scope.depth + 1,
  };
}

function roleNamed(name: string, { question }: Scope): Role {
  return { name, inherits: inheritedRoles(question.subject.snapshot, name) };
}

