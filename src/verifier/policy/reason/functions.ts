import type { Node, SelectStmt } from 'libpg-query';
import { inheritedRoles } from '../../../catalog/roles.js';
import type { DatabaseFunction, Grant } from '../../../catalog/snapshot.js';
import type { Program } from '../plpgsql.js';
import { termOf } from './builtins.js';
import { cast } from './cast.js';
import type { Role, Scope } from './scope.js';
import { typeSpelled } from './types.js';
import { familyOf, textOf, type Value } from './value.js';

const DEEPEST = 8;

/** Functions that call themselves come to no end. */
export const isTooDeep = ({ depth }: Scope): boolean => depth >= DEEPEST;

/** The query of a function that returns rows, with the scope of its text; undefined where it cannot be looked into. */
export function rowsOfCall(
  parts: readonly string[],
  args: readonly Node[],
  scope: Scope,
): { select: SelectStmt; inner: Scope } | undefined {
  const fn = theOne(parts, functionsNamed(parts, scope), args.length);
  const body = fn?.returnsSet && !fn.strict && !isTooDeep(scope) ? bodyOf(fn, scope) : undefined;
  if (!fn || !body || !('select' in body)) return undefined;
  const values = args.map((arg) => scope.question.evaluate(arg, scope));
  return { select: body.select, inner: scopeOf(fn, values, scope) };
}

/** The functions that a name can mean. */
export function functionsNamed(parts: readonly string[], { question, bareNames }: Scope): DatabaseFunction[] {
  const [schema, name] = parts.length > 1 ? parts : [undefined, parts[0]];
  if (schema === undefined && !bareNames) return [];
  return question.subject.snapshot.functions.filter(
    (fn) => fn.name === name && (schema === undefined || fn.schema === schema),
  );
}

/** The one that takes so many arguments; undefined where there are several, or one that sets more than its search path. */
export function theOne(
  parts: readonly string[],
  candidates: readonly DatabaseFunction[],
  given: number,
): DatabaseFunction | undefined {
  if (parts.length === 1 && candidates.some(({ namedAsBuiltin }) => namedAsBuiltin)) return undefined;
  const [fn, ...others] = candidates.filter(
    ({ kind, argumentNames, requiredArguments }) =>
      kind === 'function' && requiredArguments <= given && given <= argumentNames.length,
  );
  if (!fn || others.length > 0 || /\bVARIADIC\b/.test(fn.arguments)) return undefined;
  return fn.settings.every(isUsualPath) ? fn : undefined;
}

/** Whether the application can make something of that name that a bare name then means: in a schema of its own. */
export function canStandIn(schema: string, { question, bareNames, anyPath, here }: Scope): boolean {
  if (!bareNames || !anyPath || here.concrete) return false;
  const { snapshot, app } = question.subject;
  const mayCreate = (grants: readonly Grant[]) =>
    app.usable(grants).some(({ privilege }) => privilege === 'CREATE');
  const elsewhere = snapshot.schemas.filter(({ name }) => name !== schema);
  return mayCreate(snapshot.database.grants) || elsewhere.some(({ grants }) => mayCreate(grants));
}

function endsWithTemporary({ settings }: DatabaseFunction): boolean {
  const [path] = settings.filter((setting) => setting.startsWith('search_path='));
  return path?.split(/[=,]/).at(-1)?.trim() === 'pg_temp';
}

/** Where another schema comes before pg_catalog, = and current_setting() may be of somebody's own. */
function isUsualPath(setting: string): boolean {
  const [name, path = ''] = setting.split('=');
  const at = path.split(',').findIndex((schema) => schema.trim() === 'pg_catalog');
  return name === 'search_path' && at <= 0;
}

export type Body = { select: SelectStmt } | { program: Program };

/** A function of one SELECT, or one that only computes a value. */
export function bodyOf(fn: DatabaseFunction, { question }: Scope): Body | undefined {
  const { sql } = question.subject;
  if (fn.language === 'plpgsql') {
    const program = sql.program(fn.definition ?? '');
    return program && { program };
  }
  if (fn.language !== 'sql') return undefined;
  const [statement, ...others] = sql.functionBody(fn.source) ?? [];
  if (!statement || others.length > 0 || !('SelectStmt' in statement)) return undefined;
  return { select: statement.SelectStmt };
}

/** What is handed over becomes of the declared type, without a cast in the text: it may become less. */
export function ofType(value: Value, declared: string, { here }: Scope): Value {
  const type = { ...typeSpelled(declared), limits: [] };
  return type.array || familyOf(type.name) === undefined || type.name === 'bool'
    ? value
    : cast(value, type, here);
}

/** Parameters by name or number; what a default gives is not looked into. */
export function scopeOf(fn: DatabaseFunction, values: readonly Value[], scope: Scope): Scope {
  const missing = (index: number): Value | undefined => {
    if (index < 0 || index >= fn.argumentNames.length) return undefined;
    const name = `default of ${fn.name}.${index}`;
    const given = values[index];
    if (given) return ofType(given, fn.argumentTypes[index] ?? '', scope);
    return termOf(name, [], scope.here, { why: `a default of ${fn.name}()` });
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
    temporaryFirst: !endsWithTemporary(fn),
    anyPath: scope.anyPath && fn.settings.length === 0,
    frozen: scope.frozen || fn.volatility === 'immutable',
    depth: scope.depth + 1,
  };
}

function roleNamed(name: string, { question }: Scope): Role {
  return { name, inherits: inheritedRoles(question.subject.snapshot, name) };
}
