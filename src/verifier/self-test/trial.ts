import type { Relation } from '../../catalog/snapshot.js';
import type { OnEvent } from '../../events.js';
import { quoteName } from '../../identifiers.js';
import type { Database } from '../../postgres/database.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import type { Finding } from '../finding.js';
import { type VerifyResult, verify } from '../verify.js';
import type { Ground } from './ground.js';
import type { Expectation, Plant } from './plant.js';

/** A database of a plant's own, as whoever may do everything there, and as the application. */
export interface Clone {
  auditor: Database;
  app: Database;
}

/** What came of one plant. */
export interface Trial {
  plant: Plant;
  /** The object that the plant is expected to be found on. */
  object: string;
  outcome: 'caught' | 'missed' | 'not applicable' | 'failed';
  /** Ids of the checks and crossings that name the object. */
  caughtBy: string[];
  /** Everything that was found here and not before the plant. */
  findings: Finding[];
  /** Why it does not apply, or what failed. */
  reason?: string | undefined;
}

/** What the whole run shares. */
export interface TrialSetting {
  tenancy: TenancyConfig;
  ground: Ground;
  /** Keys of what is found without any plant. */
  known: ReadonlySet<string>;
  /** Quoted names of the relations that are there without any plant. */
  relations: ReadonlySet<string>;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/** Why a plant has no place on this ground; undefined where it has. */
export function notApplicable({ since = 0, unless }: Plant, ground: Ground): string | undefined {
  if (ground.version < since) return `needs PostgreSQL ${since / 10_000}`;
  return unless?.(ground);
}

/** Plants one fault in a database of its own, and looks whether the gate names it. */
export async function tryPlant(plant: Plant, clone: Clone, setting: TrialSetting): Promise<Trial> {
  const { ground } = setting;
  const object = (plant.crossed ?? plant.seen)?.on(ground) ?? ground.appRole;
  try {
    await clone.auditor.connect((client) => client.query(plant.sql(ground)));
    return judge(plant, object, await verifyClone(plant, clone, setting), setting);
  } catch (error) {
    setting.signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    return { plant, object, outcome: 'failed', caughtBy: [], findings: [], reason };
  }
}

/** The gate as it is; the probe tries the relations that the plant is about, where it has to get through. */
function verifyClone(plant: Plant, clone: Clone, setting: TrialSetting): Promise<VerifyResult> {
  const { tenancy, ground, relations, onEvent, signal } = setting;
  const own = new Set([ground.table, ground.parent, ground.root].map(quoteName));
  const isOfPlant = (relation: Relation) =>
    own.has(quoteName(relation)) || !relations.has(quoteName(relation));
  return verify({
    ...{ tenancy, onEvent, signal, now: new Date() },
    auditor: clone.auditor,
    app: plant.login === 'another' ? clone.auditor : clone.app,
    only: plant.crossed === undefined ? () => false : isOfPlant,
  });
}

function judge(plant: Plant, object: string, result: VerifyResult, { ground, known }: TrialSetting): Trial {
  const findings = result.findings.filter(({ key }) => !known.has(key));
  const objects = new Set([plant.seen, plant.crossed].map((expected) => expected?.on(ground)));
  const named = findings.filter((finding) => objects.has(finding.object)).map(({ check }) => check);
  const refused = plant.login !== undefined && result.verdict !== 'isolated' && result.lacking.length > 0;
  const caughtBy = [...new Set([...named, ...(refused ? ['the login'] : [])])];
  return { plant, object, outcome: caughtBy.length > 0 ? 'caught' : 'missed', caughtBy, findings };
}

/** Whether what was expected was found, on the object it was expected on. */
export function meets(expected: Expectation, { findings }: Trial, ground: Ground): boolean {
  return findings.some(({ check, object }) => check === expected.check && object === expected.on(ground));
}
