import type { DatabaseFunction } from '../../catalog/snapshot.js';
import { quoteName } from '../../identifiers.js';
import { reachOf } from '../reach.js';
import type { Attempt, Statement } from './attempt.js';
import { inGuise } from './guise.js';
import { NO_LIMITS, type ProbeLimits } from './limits.js';
import type { ProbeSetup } from './probe.js';
import type { ProbeContext } from './proof.js';
import { parseType } from './rows/type-name.js';
import type { TrialSession } from './session.js';
import type { Setting } from './table.js';
import { BY_CHANCE, type Telltales, telltalesOf } from './telltales.js';
import type { World } from './world.js';

/** What came of calling one function, or why it was not called. */
export interface FunctionProbe {
  fn: DatabaseFunction;
  calls: FunctionCall[];
  /** Why it was not called, or what it answered instead of a result. */
  omission: string | undefined;
}

export interface FunctionCall {
  context: Extract<ProbeContext, 'tenant' | 'unknown'>;
  guise: string | undefined;
  /** Whether it was given the other tenant's key. */
  byKey: boolean;
  crossed: boolean;
  statement: string;
}

/**
 * Calls every function that the login may call, without arguments or with the other tenant's key, as one tenant and as one
 * that does not exist, and looks whether anything of the other tenant comes out. Every call is taken back.
 */
export async function probeFunctions(
  world: World,
  setting: Setting,
  { role, limits = NO_LIMITS }: Pick<ProbeSetup, 'role' | 'limits'>,
): Promise<FunctionProbe[]> {
  const { mayExecute } = reachOf(world.snapshot, role);
  const candidates = world.snapshot.functions.filter((fn) => isPlain(fn) && mayExecute(fn));
  const omissions = await Promise.all(candidates.map((fn) => whyNot(world, setting, fn, limits)));
  const called = candidates.filter((_, index) => omissions[index] === undefined);
  const answers =
    called.length === 0 ? new Map<DatabaseFunction, FunctionProbe>() : await callAll(world, setting, called);
  return candidates.map((fn, index) => answers.get(fn) ?? { fn, calls: [], omission: omissions[index] });
}

async function whyNot(
  world: World,
  { tenants }: Setting,
  fn: DatabaseFunction,
  { excludedFunctions }: ProbeLimits,
): Promise<string | undefined> {
  if (excludedFunctions.has(fn.oid)) return 'left out by --exclude-probe';
  // Only what was made of chance cannot have come from elsewhere.
  if (!tenants.fresh) return 'what it returns is told apart only for tenants of the probe’s own';
  return (await takesKeysOnly(world, fn)) ? undefined : 'no value is known for its arguments';
}

function isPlain({ kind, extension, returns }: DatabaseFunction): boolean {
  return (
    kind === 'function' && extension === undefined && returns !== 'trigger' && returns !== 'event_trigger'
  );
}

/** One context after the other: setting it takes longer than a call. */
async function callAll(
  world: World,
  { tenants, guises, unused }: Setting,
  functions: readonly DatabaseFunction[],
): Promise<Map<DatabaseFunction, FunctionProbe>> {
  const { session } = world;
  const telltales = telltalesOf(world, tenants);
  const statements = functions.map((fn) => ({ fn, statement: callOf(fn, tenants.b, telltales) }));
  const tries: { context: FunctionCall['context']; guise?: string; as: TrialSession }[] = [
    { context: 'tenant', as: session.as(tenants.a) },
    ...guises.map((guise) => ({
      ...{ context: 'tenant' as const, guise: guise.name, as: inGuise(session.as(tenants.a), guise) },
    })),
    { context: 'unknown', as: session.as(unused) },
  ];
  const answers = await Promise.all(
    tries.flatMap(({ context, guise, as }) =>
      statements.map(async ({ fn, statement }) => ({
        ...{ fn, context, guise, answer: await as.attempt(statement) },
        ...{ byKey: fn.requiredArguments > 0, statement: statement.shown ?? statement.text },
      })),
    ),
  );
  return new Map(
    functions.map((fn) => {
      const own = answers.filter((one) => one.fn === fn);
      const calls = own.flatMap(({ fn: _, answer, ...facts }) =>
        answer.ok ? [{ ...facts, crossed: answer.count > 0 }] : [],
      );
      return [fn, { fn, calls, omission: refusalIn(own.map(({ answer }) => answer)) }];
    }),
  );
}

/** What the tenant itself was answered, where that was no result. */
function refusalIn([first]: Attempt[]): string | undefined {
  return first && !first.ok ? `${first.message} (${first.sqlstate})` : undefined;
}

/**
 * A call that answers a row if the other tenant shows in what is returned. OFFSET 0: what is computed below it is computed once,
 * and few lines are worth a search for each value.
 */
function callOf(fn: DatabaseFunction, key: string, telltales: Telltales): Statement {
  const given = fn.argumentTypes.slice(0, fn.requiredArguments);
  const called = `${quoteName(fn)}(${given.map((type) => `$1::${type}`).join(', ')})`;
  // What was passed may come back.
  const own = given.length > 0 || telltales.key === '' ? undefined : `\\m${telltales.key}\\M`;
  const first = given.length > 0 ? 2 : 1;
  const [likely, exact, values] = [first, first + 1, first + 2].map((index) => `$${index}`);
  return {
    text: `select from (
        select line from (select ${called}::text as line offset 0) as answer
        where line operator(pg_catalog.~) ${likely}::text offset 0) as answer
      where line operator(pg_catalog.~) ${exact}::text
        or exists (select from pg_catalog.jsonb_array_elements_text(${values}::jsonb) as known (value)
          where pg_catalog.strpos(line, value) operator(pg_catalog.>) 0)
      limit 1`,
    values: [
      ...(given.length > 0 ? [key] : []),
      own === undefined ? BY_CHANCE : `${BY_CHANCE}|${own}`,
      own ?? null,
      JSON.stringify(telltales.values),
    ],
    shown: `select ${called}`,
  };
}

/** Whether everything that a call must pass can be the key of a tenant. */
async function takesKeysOnly({ model }: World, fn: DatabaseFunction): Promise<boolean> {
  const { root } = model;
  const key = root?.relation.columns.find(({ name }) => name === root.tenantColumn);
  if (!key) return fn.requiredArguments === 0;
  const wanted = await familyOf(key.baseType);
  const required = fn.argumentTypes.slice(0, fn.requiredArguments);
  const families = await Promise.all(required.map(familyOf));
  return families.every((family) => family === wanted);
}

/** Texts are written as one another. */
async function familyOf(type: string): Promise<string> {
  const { name, array } = await parseType(type);
  return `${TEXTS.has(name) ? 'text' : name}${array ? '[]' : ''}`;
}

const TEXTS = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);
