import { expect, it } from 'vitest';
import { migrate } from '../../src/migrator/migrate.js';
import { withRollback, withTransaction } from '../../src/postgres/transaction.js';
import { auditKeysAhead } from '../../src/verifier/ahead.js';
import type { AuditResult } from '../../src/verifier/audit.js';
import { writeFixes } from '../../src/verifier/fix/file.js';
import type { Plant } from '../../src/verifier/self-test/plant.js';
import type { Scratch } from '../../src/verifier/self-test/scratch.js';
import {
  auditAgain,
  type Clone,
  notApplicable,
  type TrialSetting,
} from '../../src/verifier/self-test/trial.js';
import { temporaryDirectory } from '../support/temporary.js';
import { quiet, withShape } from './scratch.js';
import type { Shape } from './shapes.js';

/** What `verify-tenancy --fix` writes of each plant, run by a `migrate` that refuses what the lint has against it. */
export function testFixes(shape: Shape, plants: readonly Plant[], atLeast: number): void {
  it(`the lint has nothing against any fix, in a schema of ${shape.name}`, { timeout: 300_000 }, async () => {
    await withShape(shape, async (scratch, setting) => {
      const fixable = await withFix(plants, scratch, setting);
      const problems: string[] = [];
      for (const plant of fixable) {
        const found = await scratch.withClone((clone) => afterMigrate(plant, clone, setting));
        problems.push(...found.map((problem) => `${plant.classes.join(', ')} ${plant.title}: ${problem}`));
      }
      expect(problems).toEqual([]);
      expect(fixable.length).toBeGreaterThanOrEqual(atLeast);
    });
  });
}

/**
 * In transactions that are rolled back: most plants have none, or change roles, which all databases share. Of those that the
 * same checks name, whose fixes differ in names only, one is enough.
 */
async function withFix(plants: readonly Plant[], scratch: Scratch, setting: TrialSetting): Promise<Plant[]> {
  const fixable = new Map<string, Plant>();
  await scratch.withClone(({ auditor }) =>
    auditor.connect(async (client) => {
      for (const plant of plants) {
        if (notApplicable(plant, setting.ground) !== undefined) continue;
        const audited = await withRollback(client, async () => {
          await client.query(plant.sql(setting.ground));
          return auditAgain(client, setting);
        });
        const fixes = ownFindings(audited, setting).filter(({ fix }) => fix !== undefined);
        const checks = [...new Set(fixes.map(({ check }) => check))].sort().join();
        if (checks !== '' && !fixable.has(checks)) fixable.set(checks, plant);
      }
    }),
  );
  return [...fixable.values()];
}

async function afterMigrate(plant: Plant, { auditor }: Clone, setting: TrialSetting): Promise<string[]> {
  const look = () =>
    auditor.connect((client) =>
      withTransaction(client, 'repeatable read, read only', () => auditAgain(client, setting)),
    );
  await auditor.connect((client) => client.query(plant.sql(setting.ground)));
  const before = await look();
  const directory = await temporaryDirectory();
  const findings = ownFindings(before, setting);
  const relations = before.model.relations.map(({ relation }) => relation);
  const written = await writeFixes(`${directory}/1_fix.sql`, { findings, checks: before.checks, relations });
  const { lint, pending } = await migrate(auditor, {
    migrations: { directories: [directory], tableName: 'knex_migrations', schemaName: undefined },
    lint: { level: 'error', tenancy: setting.tenancy, auditKeys: auditKeysAhead },
    ...{ lockWaitMs: 10_000, ...quiet },
  });
  const fixed = findings.filter(({ key }) => !written.byHand.includes(key)).map(({ key }) => key);
  const left = (await look()).findings.filter(({ key }) => fixed.includes(key));
  return [
    ...lint.findings.flatMap(({ rule, statement, waived }) =>
      waived === null ? [`${rule} of ${statement}`] : [],
    ),
    ...pending.map((file) => `${file} is pending`),
    ...left.map(({ key }) => `there is still ${key}`),
  ];
}

function ownFindings({ findings }: AuditResult, { known }: TrialSetting) {
  return findings.filter(({ key }) => !known.has(key));
}
