import type { DatabaseFunction } from '../../../catalog/snapshot.js';
import { reachOf } from '../../reach.js';
import type { ProbeContext } from '../proof/proof.js';
import type { Attempt } from '../session/attempt.js';
import type { TrialSession } from '../session/session.js';
import { inGuise } from '../tenants/guise.js';
import type { Setting } from '../tenants/setting.js';
import { telltalesOf } from '../tenants/telltales.js';
import { NO_LIMITS, type ProbeLimits } from '../world/limits.js';
import type { ProbeSetup } from '../world/setup.js';
import type { World } from '../world/world.js';
import { callOf, everyTenant, type Passed, passedTo, takesKeysOnly } from './function-call.js';
import { settingsChanged } from './function-settings.js';

/** What came of calling one function, or why it was not called. */
export interface FunctionProbe {
  fn: DatabaseFunction;
  calls: FunctionCall[];
  /** The setting of the context in which it leaves a tenant that nobody named. */
  sets?: string | undefined;
  /** Why it was not called, or what it answered instead of a result. */
  omission: string | undefined;
}

export interface FunctionCall {
  context: Extract<ProbeContext, 'tenant' | 'unknown'>;
  guise: string | undefined;
  passed: Passed;
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
  const isKnown = world.contacts.runsText(fn) || (await takesKeysOnly(world, fn));
  return isKnown ? undefined : 'no value is known for its arguments';
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
  const calls = functions.map((fn) => {
    const passed = passedTo(world, fn);
    return {
      fn,
      passed,
      statement: callOf(fn, passed === 'query' ? everyTenant(world) : tenants.b, passed, telltales),
    };
  });
  const tries: { context: FunctionCall['context']; guise?: string; as: TrialSession }[] = [
    { context: 'tenant', as: session.as(tenants.a) },
    ...guises.map((guise) => ({
      ...{ context: 'tenant' as const, guise: guise.name, as: inGuise(session.as(tenants.a), guise) },
    })),
    { context: 'unknown', as: session.as(unused) },
  ];
  const answers = await Promise.all(
    tries.flatMap(({ context, guise, as }) =>
      calls.map(async ({ fn, passed, statement }) => ({
        ...{ fn, context, guise, passed, answer: await as.attempt(statement) },
        statement: statement.shown ?? statement.text,
      })),
    ),
  );
  const changed = await settingsChanged(world, tenants.a, calls, tenants.b);
  return new Map(
    functions.map((fn) => {
      const own = answers.filter((one) => one.fn === fn);
      const answered = own.flatMap(({ fn: _, answer, ...facts }) =>
        answer.ok ? [{ ...facts, crossed: answer.count > 0 }] : [],
      );
      const omission = refusalIn(own.map(({ answer }) => answer));
      return [fn, { fn, calls: answered, sets: changed.get(fn), omission }];
    }),
  );
}

/** What the tenant itself was answered, where that was no result. */
function refusalIn([first]: Attempt[]): string | undefined {
  return first && !first.ok ? `${first.message} (${first.sqlstate})` : undefined;
}
