import { TenantctlError } from '../errors.js';
import { nearest } from '../nearest.js';
import type { CheckInfo } from './check.js';
import type { NotFinished } from './data/audit-data.js';
import type { Lacking } from './lacking.js';

/** The checks that a run is asked for, by their own names or by their families': all of them, where nothing is named. */
export interface CheckSelection {
  only: readonly string[];
  skip: readonly string[];
}

export const EVERY_CHECK: CheckSelection = { only: [], skip: [] };

/** Whether a check is asked for, in a selection that names no families. */
export function isSelected({ only, skip }: CheckSelection, id: string): boolean {
  return (only.length === 0 || only.includes(id)) && !skip.includes(id);
}

/**
 * Puts the checks of a family in place of its name. A misspelt name would silently check nothing, or skip nothing.
 *
 * @throws TenantctlError usage
 */
export function namedChecks({ only, skip }: CheckSelection, checks: readonly CheckInfo[]): CheckSelection {
  const named = (verb: string) => (name: string) => {
    if (name.trim() === '') throw emptyName(verb);
    const found = checks.filter(({ id, family }) => id === name || family === name);
    if (found.length === 0) throw unknownCheck(verb, name, checks);
    return found.map(({ id }) => id);
  };
  return { only: only.flatMap(named('run')), skip: skip.flatMap(named('skip')) };
}

function emptyName(verb: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'CHECK_UNKNOWN',
    message: `Cannot ${verb} checks: one of their names is empty.`,
    hint: 'names of checks or families with a comma between each two: rls,unique-not-scoped',
  });
}

function unknownCheck(verb: string, name: string, checks: readonly CheckInfo[]): TenantctlError {
  const close = nearest(name, [...new Set(checks.flatMap(({ id, family }) => [id, family]))]);
  return new TenantctlError({
    kind: 'usage',
    code: 'CHECK_UNKNOWN',
    message: `Cannot ${verb} the check ${JSON.stringify(name)}: there is none of that name.`,
    hint: close.length > 0 ? `did you mean ${close.join(', ')}?` : '`tenantctl checks` lists them',
  });
}

/** Why a run of some checks proves nothing as a whole; undefined for a run of all. */
export function partialRun({ only, skip }: CheckSelection): Lacking | undefined {
  const flags = [...only.map((id) => `--only ${id}`), ...skip.map((id) => `--skip ${id}`)];
  if (flags.length === 0) return undefined;
  return {
    reason: `only some of the checks ran (${flags.join(' ')})`,
    remedy: 'run it without --only and --skip',
  };
}

/** Whether a run could have found what has this key. */
export type Settled = (key: string) => boolean;

/** What is not found again by a check that did not run, or had no answer, is not gone. */
export function settledBy(
  checks: readonly CheckInfo[],
  {
    selection,
    notFinished,
    probed,
  }: { selection: CheckSelection; notFinished: readonly NotFinished[]; probed: boolean },
): Settled {
  const open = new Set(notFinished.map(({ check }) => check));
  // A script's name may begin with another one's.
  const longestFirst = checks.toSorted((a, b) => b.id.length - a.id.length);
  return (key) => {
    const check = longestFirst.find(({ id }) => key === id || key.startsWith(`${id}:`));
    if (!check) return true;
    return isSelected(selection, check.id) && !open.has(check.id) && (probed || check.family !== 'probe');
  };
}
