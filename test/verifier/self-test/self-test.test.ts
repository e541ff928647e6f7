import { describe, expect, it } from 'vitest';
import { crossed, onNew, onTable, type Plant, seen } from '../../../src/verifier/self-test/plant.js';
import { outcomeOf, selfTest, tryPlants } from '../../../src/verifier/self-test/self-test.js';
import type { Trial } from '../../../src/verifier/self-test/trial.js';
import { prepareShape, quiet, withShape } from '../../leaks/scratch.js';
import { BIGINT } from '../../leaks/shapes.js';
import { databaseAt } from '../../support/connect.js';
import { serverUrl } from '../../support/database.js';

/** Plants that are no leaks, or cannot be made: what a gate that does not see looks like. */
const HARMLESS: readonly Plant[] = [
  {
    classes: [1],
    title: 'nothing, where the catalog has to show it',
    sql: () => '',
    ...seen('rls-disabled', onTable),
  },
  {
    classes: [16],
    title: 'nothing, where the login has to get through',
    sql: () => '',
    ...crossed('select-crosses', onTable),
  },
  {
    classes: [1],
    title: 'what is found elsewhere',
    sql: ({ p }) => `ALTER TABLE ${p} DISABLE ROW LEVEL SECURITY;`,
    ...seen('rls-disabled', onTable),
  },
  { classes: [2], title: 'no SQL', sql: () => 'ALTER TABEL x', ...seen('rls-disabled', onTable) },
  {
    classes: [3],
    title: 'no SQL, live',
    sql: () => 'ALTER TABEL x',
    ...crossed('select-crosses', onNew('x')),
  },
  { classes: [4], title: 'of the future', since: 990000, sql: () => '', ...seen('rls-disabled', onTable) },
  { classes: [5], title: 'elsewhere', unless: () => 'no such thing', sql: () => '' },
];

describe('a fault that is not caught', () => {
  it('is told, with what there is to tell', async () => {
    await withShape(BIGINT, async (scratch, setting) => {
      const trials = await tryPlants(HARMLESS, scratch, setting);
      expect(trials.map(({ outcome, caughtBy, reason }) => [outcome, caughtBy, reason])).toEqual([
        ['missed', [], undefined],
        ['missed', [], undefined],
        ['missed', [], undefined],
        ['failed', [], 'syntax error at or near "TABEL"'],
        ['failed', [], 'syntax error at or near "TABEL"'],
        ['not applicable', [], 'needs PostgreSQL 99'],
        ['not applicable', [], 'no such thing'],
      ]);
    });
  });

  it('decides the outcome', () => {
    const all = (...outcomes: Trial['outcome'][]) =>
      outcomeOf(outcomes.map((outcome) => ({ outcome }) as Trial));
    expect(all('caught', 'not applicable')).toBe('ok');
    expect(all('caught', 'failed')).toBe('inconclusive');
    expect(all('failed', 'missed', 'caught')).toBe('gate');
    // Nothing planted proves nothing.
    expect(all('not applicable')).toBe('inconclusive');
    expect(all()).toBe('inconclusive');
  });
});

it('a schema that leaks everywhere gives no place to plant anything', async () => {
  const leaky = { ...BIGINT, sql: (app: string) => `${BIGINT.sql(app)} ALTER ROLE ${app} BYPASSRLS;` };
  const result = await selfTest({
    ...{ ...quiet, tenancy: BIGINT.tenancy, lockWaitMs: 60_000 },
    server: await databaseAt(serverUrl()),
    prepare: prepareShape(leaky),
  });
  expect(result).toMatchObject({ outcome: 'inconclusive', ground: undefined, trials: [] });
  expect(result.reason).toMatch(/no table of tenants is isolated/);
  expect(result.unplanted.verdict).toBe('leaking');
});
