import type { Definition, Deviation } from './compare.js';

/** A property, its value before and now: text, number, true, or a list; null where it was or is not there. */
export interface Difference {
  property: string;
  before: unknown;
  now: unknown;
}

/** An object that is not as tenantctl left it, and how it differs. */
export interface Drift {
  change: 'created' | 'changed' | 'dropped';
  /** 'table', 'column', 'policy' … */
  kind: string;
  /** With its schema, and what it is on. */
  name: string;
  /** Of one that was changed. */
  differences: Difference[];
}

/** What was created or dropped with its table or view is not told besides. */
export function driftOf(deviations: readonly Deviation[]): Drift[] {
  const whole = new Set(
    deviations.filter((each) => each.parent === null && isWhole(each)).map(({ identity }) => identity),
  );
  return deviations
    .filter((each) => !(isWhole(each) && each.parent !== null && whole.has(each.parent)))
    .map(({ kind, identity: name, before, now }) => ({
      change: before === null ? 'created' : now === null ? 'dropped' : 'changed',
      ...{ kind, name },
      differences: before === null || now === null ? [] : differencesOf(before, now),
    }));
}

function isWhole({ before, now }: Deviation): boolean {
  return before === null || now === null;
}

function differencesOf(before: Definition, now: Definition): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names
    .sort()
    .map((property) => ({ property, before: before[property] ?? null, now: now[property] ?? null }))
    .filter((each) => JSON.stringify(each.before) !== JSON.stringify(each.now));
}
