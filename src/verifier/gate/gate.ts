import { TenantctlError } from '../../errors.js';
import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import { withDeadline } from '../../postgres/deadline.js';
import { withSavepoint } from '../../postgres/transaction.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import { auditCatalog } from '../audit.js';
import { applyBaseline, type Baseline } from '../baseline.js';
import { type Finding, failsGate, isAccepted } from '../finding.js';
import { type ProbeTally, sumTallies } from '../probe/proof/proof.js';
import { decidedByPeople, undecidedIn } from '../undecided.js';
import type { NotTried } from '../verdict.js';
import { applyWaivers } from '../waivers.js';
import { openChanges } from './changes.js';
import { askRowsAndProbe, asNotTried } from './judge.js';
import { type Outlook, readAsGranted, relationsThere } from './new-tables.js';
import { type Hole, openOpenings } from './openings.js';

export interface GateInput {
  /** With the app role settled. */
  tenancy: TenancyConfig;
  /** For cancelling what takes too long, and nothing else. */
  database: Database;
  /** How long the judgement at the end of a transaction may take, whose locks are held meanwhile. */
  timeoutMs: number;
  /** What is accepted for now, though it leaks. */
  baseline?: Baseline | undefined;
  now: Date;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/** What the judgement before the last commit came to. */
export interface Judgement {
  outcome: 'ok' | 'gate' | 'inconclusive';
  holes: Hole[];
  /** Errors that the baseline covers. */
  accepted: Finding[];
  /** What was not tried there; a required one keeps the files from being committed. */
  notTried: NotTried[];
  /** Crossings tried as the app role. */
  probes: ProbeTally;
}

/** Judges what files made of the database, in the transaction in which they did. */
export interface TransactionGate {
  before(client: Client): Promise<void>;
  after(client: Client, file: string): Promise<void>;
  passes(client: Client, file: string): Promise<boolean>;
  judgement(): Judgement;
}

/**
 * A gate that lets nothing pass but "nothing leaks": the catalog is judged after each file, so that it is known which
 * opened what; the rows and every crossing at the end, and only where the catalog has nothing to say against. Whatever it
 * does on the connection is taken back.
 */
export function openGate(input: GateInput): TransactionGate {
  const { tenancy, database, timeoutMs, baseline = {}, now, signal } = input;
  const [openings, changes] = [openOpenings(), openChanges()];
  let there: ReadonlySet<number> = new Set();
  let judgement: Judgement = { outcome: 'ok', ...NOTHING };

  const weigh = (found: readonly Finding[]) =>
    applyBaseline(applyWaivers(found, tenancy.waivers, now), baseline);
  const open = (found: readonly Finding[]) => weigh(found).filter((finding) => failsGate(finding, 'error'));
  /** Between two files, what the configuration names need not all be there. */
  const look = (client: Client) =>
    aside(client, async () => {
      try {
        return await readAsGranted(client, tenancy, there);
      } catch (error) {
        if (error instanceof TenantctlError && error.kind === 'usage') return undefined;
        throw error;
      }
    });
  /** Rows and probe are asked once, at the end: the catalog tells which files it may be. */
  const putDown = (finding: Finding): Hole => {
    const suspects = changes.suspects({ schema: finding.schema, name: finding.object });
    return { ...finding, after: suspects.length > 0 ? suspects : openings.files() };
  };
  const see = (file: string, outlook: Outlook | undefined, found = outlook && inCatalog(outlook)) => {
    openings.see(file, found && open(found));
    changes.see(file, outlook?.subject.snapshot);
  };
  const judge = async (client: Client, file: string, one: AbortSignal): Promise<Judgement> => {
    const outlook = await readAsGranted(client, tenancy, there);
    const found = inCatalog(outlook);
    see(file, outlook, found);
    const holes = openings.holes();
    if (holes.length > 0)
      return { ...NOTHING, outcome: 'gate', holes, accepted: weigh(found).filter(isAccepted) };
    const isOpen = (found: readonly Finding[]) => open(found).length > 0;
    const { findings, ...rest } = await askRowsAndProbe(client, outlook, { ...input, signal: one }, isOpen);
    const weighed = weigh([...found, ...findings]);
    const accepted = weighed.filter(isAccepted);
    const tried = open(findings).map(putDown);
    if (tried.length > 0) return { ...rest, outcome: 'gate', holes: tried, accepted };
    const notTried = [...undecidedIn(decidedByPeople(weighed)).map(asNotTried), ...rest.notTried];
    const outcome = notTried.some(({ required }) => required) ? 'inconclusive' : 'ok';
    return { ...rest, outcome, holes: [], accepted, notTried };
  };

  return {
    before: async (client) => {
      there = await relationsThere(client);
      const outlook = await look(client);
      openings.begin(outlook && open(inCatalog(outlook)));
      changes.begin(outlook?.subject.snapshot);
    },
    after: async (client, file) => see(file, await look(client)),
    passes: async (client, file) => {
      const inTime = (one: AbortSignal) => judge(client, file, one);
      judgement = await aside(
        client,
        async () => (await withDeadline(database, client, timeoutMs, signal, inTime)) ?? tooLate(timeoutMs),
      );
      return judgement.outcome === 'ok';
    },
    judgement: () => judgement,
  };
}

const NOTHING: Omit<Judgement, 'outcome'> = { holes: [], accepted: [], notTried: [], probes: sumTallies([]) };

function aside<T>(client: Client, work: () => Promise<T>): Promise<T> {
  return withSavepoint(client, 'tenantctl_gate', async () => {
    await client.query("set local statement_timeout = '30s'");
    return work();
  });
}

/** What the application has not been given yet is said to be open once it is. */
function inCatalog({ subject, granted }: Outlook): Finding[] {
  return auditCatalog(subject).map((finding) => {
    const oid = subject.named(finding.schema, finding.object)?.relation.oid;
    if (oid === undefined || !granted.has(oid)) return finding;
    return { ...finding, detail: `${finding.detail}; judged as if it were granted to the app role already` };
  });
}

function tooLate(timeoutMs: number): Judgement {
  const late: NotTried = {
    ...{ schema: '', object: '', what: 'the judgement before the commit', required: true },
    reason: `not finished within ${timeoutMs / 1000} s`,
    remedy: '--verify-timeout 5m, where the tables that were changed can be locked for that long',
  };
  return { ...NOTHING, outcome: 'inconclusive', notTried: [late] };
}
