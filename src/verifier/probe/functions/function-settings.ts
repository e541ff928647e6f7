import type { DatabaseFunction } from '../../../catalog/snapshot.js';
import { quoteLiteral } from '../../../identifiers.js';
import type { Attempt, Statement } from '../session/attempt.js';
import type { World } from '../world/world.js';

/** A call of one function. */
export interface Call {
  fn: DatabaseFunction;
  statement: Statement;
}

/**
 * Calls, as one tenant, the functions that may set something, and looks whether the context is another one afterwards.
 *
 * @param passed what the calls were given: to set just that is what such functions are for
 * @returns by function the setting that it changed
 */
export async function settingsChanged(
  { session, contacts: { settings } }: World,
  tenant: string,
  calls: readonly Call[],
  passed: string,
): Promise<Map<DatabaseFunction, string>> {
  const setting = calls.filter(({ fn }) => fn.source.toLowerCase().includes('set'));
  if (settings.length === 0 || setting.length === 0) return new Map();
  const values = settings.map((name) => `pg_catalog.current_setting(${quoteLiteral(name)}, true)`);
  const look: Statement = { text: `select ${values.join(', ')}` };
  const speaker = session.as(tenant);
  const [before, ...after] = await Promise.all([
    speaker.attempt(look),
    ...setting.map(async ({ statement }) => (await speaker.attemptAll([statement, look]))[1]),
  ]);
  const changed = setting.map(({ fn }, index): [DatabaseFunction, string | undefined] => [
    fn,
    settings.find((_, at) => isChanged(valueAt(before, at), valueAt(after[index], at), passed)),
  ]);
  return new Map(changed.flatMap(([fn, name]) => (name === undefined ? [] : [[fn, name] as const])));
}

function valueAt(attempt: Attempt | undefined, at: number): string | null | undefined {
  return attempt?.ok ? attempt.rows[0]?.[at] : undefined;
}

/** A context that is emptied, or that could not be read, names nobody. */
function isChanged(
  before: string | null | undefined,
  after: string | null | undefined,
  passed: string,
): boolean {
  return Boolean(after) && before !== undefined && after !== before && after !== passed;
}
