import { readCatalog } from '../../catalog/read.js';
import type { Relation } from '../../catalog/snapshot.js';
import type { OnEvent } from '../../events.js';
import { quoteIdent, quoteName } from '../../identifiers.js';
import type { Database } from '../../postgres/database.js';
import { withTransaction } from '../../postgres/transaction.js';
import { classify } from '../../tenancy/classify.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import type { Subject } from '../check.js';
import { loadSqlParser } from '../policy/parse.js';
import { subjectOf } from '../subject.js';
import { verify } from '../verify.js';
import type { VerifyResult } from '../verify-result.js';
import { type Ground, groundOf } from './ground.js';
import type { Plant } from './plant.js';
import { PLANTS } from './plants/index.js';
import { type Scratch, type ScratchLogin, withScratch } from './scratch.js';
import {
  type Inspect,
  isLive,
  notApplicable,
  type Trial,
  type TrialSetting,
  tryLive,
  tryWithin,
} from './trial.js';

export interface SelfTestInput {
  tenancy: TenancyConfig;
  /** A server on which databases and roles may come and go, as a superuser. */
  server: Database;
  /** Makes the schema under test in an empty database, and the login the application's. */
  prepare(database: Database, login: ScratchLogin): Promise<void>;
  lockWaitMs: number;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

export interface SelfTestResult {
  /** The gate's word on the schema as it is. */
  unplanted: VerifyResult;
  /** Where the faults were planted; undefined where there is no place for them. */
  ground: Ground | undefined;
  /** Why there is no place. */
  reason: string | undefined;
  trials: Trial[];
  /** `gate` where a fault was missed, `inconclusive` where one could not be planted. */
  outcome: 'ok' | 'gate' | 'inconclusive';
}

/**
 * Tests the gate itself: plants one fault after the other in copies of the schema under test, and looks whether the
 * gate names each of them.
 */
export async function selfTest(input: SelfTestInput): Promise<SelfTestResult> {
  return withScratch(input.server, input, async (scratch) => {
    await joinAppRole(scratch, input.tenancy.appRole);
    const survey = await surveyScratch(scratch, input);
    if ('reason' in survey) {
      return { ...survey, ground: undefined, trials: [], outcome: 'inconclusive' };
    }
    const { setting, unplanted } = survey;
    const total = PLANTS.length;
    const onTrial = (done: number) =>
      input.onEvent({ kind: 'progress', task: 'self-test', done, total, unit: 'faults' });
    const trials = await tryPlants(PLANTS, scratch, setting, { onTrial });
    return { unplanted, ground: setting.ground, reason: undefined, trials, outcome: outcomeOf(trials) };
  });
}

/** Grants and policies of the migrations may name the configured role: a member of it has them, too. */
async function joinAppRole({ original, login }: Scratch, appRole: string | undefined): Promise<void> {
  if (appRole === undefined) return;
  await original.auditor.connect(async (client) => {
    const { rowCount } = await client.query('select from pg_catalog.pg_roles where rolname = $1', [appRole]);
    if (rowCount) await client.query(`GRANT ${quoteIdent(appRole)} TO ${quoteIdent(login.role)}`);
  });
}

/** Verifies the schema without any plant, and chooses the ground for them. */
export async function surveyScratch(
  { original, login, rolePrefix }: Scratch,
  { tenancy: configured, onEvent, signal }: Pick<SelfTestInput, 'tenancy' | 'onEvent' | 'signal'>,
): Promise<{ setting: TrialSetting; unplanted: VerifyResult } | { unplanted: VerifyResult; reason: string }> {
  // A waiver must not hide a plant, and what the team asks of its rows has none to be asked of.
  const tenancy = { ...configured, appRole: login.role, waivers: [], checksDirectory: undefined };
  const unplanted = await verify({
    ...{ tenancy, auditor: original.auditor, app: original.app },
    ...{ now: new Date(), onEvent, signal },
  });
  const snapshot = await original.auditor.connect((client) =>
    withTransaction(client, 'repeatable read, read only', () => readCatalog(client)),
  );
  const subject = subjectOf(snapshot, classify(snapshot, tenancy), await loadSqlParser());
  const isolated = unplanted.relations.filter(({ verdict }) => verdict === 'isolated').map(quoteName);
  const ground = groundOf(subject, rolePrefix, (relation) => isolated.includes(quoteName(relation)));
  if ('reason' in ground) return { unplanted, reason: ground.reason };
  const known = new Set(unplanted.findings.map(({ key }) => key));
  const needed = withReferences(subject, [ground.root, ground.table, ground.parent]);
  const aside = new Set(unplanted.relations.map(quoteName).filter((name) => !needed.has(name)));
  return { unplanted, setting: { tenancy, ground, known, aside, onEvent: () => {}, signal } };
}

/** Names of the relations and of all that their rows refer to, which the probe makes rows of on its way. */
function withReferences(subject: Subject, relations: readonly Relation[]): Set<string> {
  const names = new Set<string>();
  const add = (relation: Relation): void => {
    if (names.has(quoteName(relation))) return;
    names.add(quoteName(relation));
    for (const { foreignKey } of relation.constraints) {
      const target = foreignKey && subject.relation(foreignKey.relation);
      if (target) add(target);
    }
  };
  for (const relation of relations) add(relation);
  return names;
}

/**
 * Tries one plant after the other: in a copy of its own where the login has to be tried, else in a transaction.
 *
 * @param inspect what else there is to do while a plant is there
 */
export async function tryPlants(
  plants: readonly Plant[],
  scratch: Scratch,
  setting: TrialSetting,
  {
    inspect,
    onTrial,
  }: { inspect?: Inspect | undefined; onTrial?: ((done: number) => void) | undefined } = {},
): Promise<Trial[]> {
  const trials: Trial[] = [];
  // One copy, and one connection to it, for all that leave nothing behind.
  await scratch.withClone(({ auditor }) =>
    auditor.connect(async (client) => {
      for (const plant of plants) {
        const reason = notApplicable(plant, setting.ground);
        if (reason !== undefined) trials.push(leftOut(plant, reason));
        else if (isLive(plant)) trials.push(await tryInClone(plant, scratch, setting, inspect));
        else trials.push(await tryWithin(plant, client, setting, inspect));
        onTrial?.(trials.length);
      }
    }),
  );
  return trials;
}

function leftOut(plant: Plant, reason: string): Trial {
  return { plant, object: '', outcome: 'not applicable', caughtBy: [], findings: [], reason };
}

function tryInClone(
  plant: Plant,
  scratch: Scratch,
  setting: TrialSetting,
  inspect: Inspect | undefined,
): Promise<Trial> {
  return scratch.withClone(async (clone) => {
    try {
      return await tryLive(plant, clone, setting, inspect);
    } finally {
      const undo = plant.undo?.(setting.ground);
      if (undo !== undefined) await clone.auditor.connect((client) => client.query(undo));
    }
  });
}

/** A gate that does not see is a no; one that could not be asked is no answer. */
export function outcomeOf(trials: readonly Trial[]): SelfTestResult['outcome'] {
  if (trials.some(({ outcome }) => outcome === 'missed')) return 'gate';
  const caught = trials.some(({ outcome }) => outcome === 'caught');
  return !caught || trials.some(({ outcome }) => outcome === 'failed') ? 'inconclusive' : 'ok';
}
