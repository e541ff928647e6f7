import type { DatabaseFunction } from '../../../catalog/snapshot.js';
import { quoteName } from '../../../identifiers.js';
import { parseType } from '../rows/type-name.js';
import type { Statement } from '../session/attempt.js';
import { BY_CHANCE, type Telltales } from '../tenants/telltales.js';
import type { World } from '../world/world.js';

/** What a call was given: nothing, the other tenant's key, or, where it runs a text as SQL, a query for all tenants. */
export type Passed = 'nothing' | 'key' | 'query';

export function passedTo({ contacts }: World, fn: DatabaseFunction): Passed {
  if (fn.requiredArguments === 0) return 'nothing';
  return contacts.runsText(fn) ? 'query' : 'key';
}

/** What a function that runs a text is asked to run. */
export function everyTenant({ model: { root } }: World): string {
  return root ? `select * from ${quoteName(root.relation)}` : '';
}

/**
 * A call that answers a row if the other tenant shows in what is returned. OFFSET 0: what is computed below it is computed once,
 * and few lines are worth a search for each value.
 */
export function callOf(
  fn: DatabaseFunction,
  argument: string,
  passed: Passed,
  telltales: Telltales,
): Statement {
  const given = fn.argumentTypes.slice(0, fn.requiredArguments);
  const called = `${quoteName(fn)}(${given.map((type) => `$1::${type}`).join(', ')})`;
  // What was passed may come back.
  const own = passed === 'key' || telltales.key === '' ? undefined : `\\m${telltales.key}\\M`;
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
      ...(given.length > 0 ? [argument] : []),
      own === undefined ? BY_CHANCE : `${BY_CHANCE}|${own}`,
      own ?? null,
      JSON.stringify(telltales.values),
    ],
    shown: `select ${called}`,
  };
}

/** Whether everything that a call must pass can be the key of a tenant. */
export async function takesKeysOnly({ model }: World, fn: DatabaseFunction): Promise<boolean> {
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
