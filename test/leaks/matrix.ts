import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/postgres/connect.js';
import type { Ground } from '../../src/verifier/self-test/ground.js';
import { PLANTS } from '../../src/verifier/self-test/plants/index.js';
import { tryPlants } from '../../src/verifier/self-test/self-test.js';
import { auditAgain, meets, type Trial, type TrialSetting } from '../../src/verifier/self-test/trial.js';
import { verify } from '../../src/verifier/verify.js';
import { NEAR_MISSES } from './near-misses.js';
import { quiet, withShape } from './scratch.js';
import type { Shape } from './shapes.js';

/** Every plant of the self-test, and every near miss, in a schema of one shape. */
export function testClasses(shape: Shape, notHere: readonly number[] = []): void {
  describe(`in a schema of ${shape.name}`, () => {
    it('each class is found on its object, and its fix takes it away', { timeout: 300_000 }, async () => {
      await withShape(shape, async (scratch, setting) => {
        const notMended: string[] = [];
        const trials = await tryPlants(PLANTS, scratch, setting, {
          inspect: async (trial, client) => void notMended.push(...(await afterFix(trial, client, setting))),
        });
        const skipped = trials
          .filter(({ outcome, plant }) => outcome === 'not applicable' && plant.since === undefined)
          .flatMap(({ plant }) => plant.classes);
        const problems = [...trials.flatMap((trial) => problemsOf(trial, setting.ground)), ...notMended];
        expect({ problems, skipped }).toEqual({ problems: [], skipped: notHere });
      });
    });

    it('the near misses of all classes stay silent', { timeout: 300_000 }, async () => {
      await withShape(shape, (scratch, { ground, tenancy }) =>
        scratch.withClone(async ({ auditor, app }) => {
          for (const plant of Object.values(NEAR_MISSES)) {
            await auditor.connect((client) => client.query(plant(ground)));
          }
          const { findings, relations } = await verify({ tenancy, auditor, app, now: new Date(), ...quiet });
          expect({
            found: findings
              .filter(({ severity }) => severity !== 'info')
              .map(({ key, detail }) => `${key} ${detail}`),
            open: relations
              .filter(({ verdict }) => verdict !== 'isolated')
              .map(({ name, verdict, reason }) => `${name} is ${verdict}: ${reason}`),
          }).toEqual({ found: [], open: [] });
        }),
      );
    });
  });
}

/** Errors that a plant makes on other objects than its own, and rightly. */
const ALSO: Readonly<Record<number, string>> = {
  8: 'app-role-in-owner',
  9: 'app-role-in-owner',
  47: 'rls-disabled',
  59: 'orphan-tenant-rows',
  102: 'orphan-tenant-rows',
};

/** What of a trial is not as the plant says; errors about anything else than its objects are strays. */
function problemsOf(trial: Trial, ground: Ground): string[] {
  const { plant, outcome } = trial;
  const name = `${plant.classes.join(', ')} ${plant.title}`;
  if (outcome === 'not applicable') return [];
  if (outcome !== 'caught') return [`${name}: ${outcome} ${trial.reason ?? ''}`];
  const expected = [plant.seen, plant.crossed].flatMap((one) => one ?? []);
  const unmet = expected.filter((one) => !meets(one, trial, ground));
  const objects = new Set(expected.map((one) => one.on(ground)));
  const strays = trial.findings.filter(
    ({ severity, object, check }) =>
      severity === 'error' && !objects.has(object) && ALSO[plant.classes[0] ?? 0] !== check,
  );
  return [
    ...unmet.map(
      ({ check, on }) => `${name}: no ${check} on ${on(ground)}, but ${trial.caughtBy.join(', ')}`,
    ),
    ...strays.map(({ key }) => `${name}: also ${key}`),
  ];
}

/** Executes the fixes of what the plant is found by, and looks whether any of it is left. */
async function afterFix(
  { plant, findings }: Trial,
  client: Client,
  setting: TrialSetting,
): Promise<string[]> {
  const own = findings.filter(({ check, fix }) => check === plant.seen?.check && fix !== undefined);
  for (const { fix = '' } of own) await client.query(fix);
  const mended = own.length === 0 ? undefined : await auditAgain(client, setting);
  const keys = new Set(mended?.findings.map(({ key }) => key));
  return own.filter(({ key }) => keys.has(key)).map(({ key }) => `after its fix there is still ${key}`);
}
