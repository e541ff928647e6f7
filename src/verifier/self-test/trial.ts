import type { OnEvent } from '../../events.js';
import { quoteName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import { withRollback } from '../../postgres/transaction.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import { type AuditResult, audit } from '../audit.js';
import type { Finding } from '../finding.js';
import { verify } from '../verify.js';
import type { VerifyResult } from '../verify-result.js';
import type { Ground } from './ground.js';
import type { Expectation, Plant } from './plant.js';

/** A database of a plant's own, as whoever may do everything there, and as the application. */
export interface Clone {
  auditor: Database;
  app: Database;
}

/** Something else to do while the plant is there, as whoever may do everything, in a transaction. */
export type Inspect = (trial: Trial, client: Client) => Promise<void>;

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
  /** Quoted names of the relations that no plant concerns, and that the probe leaves alone. */
  aside: ReadonlySet<string>;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/** Why a plant has no place on this ground; undefined where it has. */
export function notApplicable({ since = 0, unless }: Plant, ground: Ground): string | undefined {
  if (ground.version < since) return `needs PostgreSQL ${since / 10_000}`;
  return unless?.(ground);
}

/** Whether the login itself has to be tried, and not the catalog and the rows alone. */
export function isLive({ crossed, login }: Plant): boolean {
  return crossed !== undefined || login !== undefined;
}

/** Plants one fault in a database of its own, and looks whether the gate names it. */
export async function tryLive(
  plant: Plant,
  clone: Clone,
  setting: TrialSetting,
  inspect?: Inspect | undefined,
): Promise<Trial> {
  return attempt(plant, setting, async () => {
    await clone.auditor.connect((client) => sow(plant, client, setting.ground));
    const trial = judge(plant, await verifyClone(plant, clone, setting), setting);
    if (inspect) await clone.auditor.connect((client) => withRollback(client, () => inspect(trial, client)));
    return trial;
  });
}

/** Plants one fault in a transaction that is rolled back, roles and all; catalog and rows tell. */
export async function tryWithin(
  plant: Plant,
  client: Client,
  setting: TrialSetting,
  inspect?: Inspect | undefined,
): Promise<Trial> {
  return attempt(plant, setting, () =>
    withRollback(client, async () => {
      await sow(plant, client, setting.ground);
      const { findings } = await auditAgain(client, setting);
      const trial = judge(plant, { findings, verdict: 'inconclusive', lacking: [] }, setting);
      await inspect?.(trial, client);
      return trial;
    }),
  );
}

async function sow(plant: Plant, client: Client, ground: Ground): Promise<void> {
  // What the server thinks of it is no news.
  await client.query("select pg_catalog.set_config('client_min_messages', 'error', false)");
  await client.query(plant.sql(ground));
}

/** What the catalog and the rows show now. */
export function auditAgain(
  client: Client,
  { tenancy, onEvent, signal }: Pick<TrialSetting, 'tenancy' | 'onEvent' | 'signal'>,
): Promise<AuditResult> {
  return audit(client, tenancy, { now: new Date(), onEvent, signal });
}

/** A plant that cannot be made, or a gate that cannot be run, says so itself. */
async function attempt(
  plant: Plant,
  { ground, signal }: TrialSetting,
  work: () => Promise<Trial>,
): Promise<Trial> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    const object = objectOf(plant, ground);
    return { plant, object, outcome: 'failed', caughtBy: [], findings: [], reason };
  }
}

/** The gate as it is, on the relations that the plant is about. */
function verifyClone(plant: Plant, clone: Clone, setting: TrialSetting): Promise<VerifyResult> {
  const { tenancy, aside, onEvent, signal } = setting;
  return verify({
    ...{ tenancy, onEvent, signal, now: new Date() },
    auditor: clone.auditor,
    app: plant.login === 'another' ? clone.auditor : clone.app,
    isWanted: (relation) => !aside.has(quoteName(relation)),
  });
}

function judge(
  plant: Plant,
  { findings, verdict, lacking }: Pick<VerifyResult, 'findings' | 'verdict' | 'lacking'>,
  { ground, known }: TrialSetting,
): Trial {
  const news = findings.filter(({ key }) => !known.has(key));
  const objects = new Set([plant.seen, plant.crossed].map((expected) => expected?.on(ground)));
  const named = news.filter(({ object }) => objects.has(object)).map(({ check }) => check);
  const refused = plant.login !== undefined && verdict !== 'isolated' && lacking.length > 0;
  const caughtBy = [...new Set([...named, ...(refused ? ['the login'] : [])])];
  const outcome = caughtBy.length > 0 ? 'caught' : 'missed';
  return { plant, object: objectOf(plant, ground), outcome, caughtBy, findings: news };
}

function objectOf({ seen, crossed }: Plant, ground: Ground): string {
  return (crossed ?? seen)?.on(ground) || ground.table.schema;
}

/** Whether what was expected was found, on the object it was expected on. */
export function meets(expected: Expectation, { findings }: Trial, ground: Ground): boolean {
  return findings.some(({ check, object }) => check === expected.check && object === expected.on(ground));
}
