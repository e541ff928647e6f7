import { TenantctlError } from '../../errors.js';
import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import { withDeadline } from '../../postgres/deadline.js';
import { withSavepoint } from '../../postgres/transaction.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import { auditCatalog, auditRows, readSubject } from '../audit.js';
import type { Finding } from '../finding.js';
import { notTried } from '../omissions.js';
import type { NotTried } from '../verdict.js';
import { applyWaivers } from '../waivers.js';
import { type Hole, openOpenings } from './openings.js';

export interface GateInput {
  /** With the app role settled. */
  tenancy: TenancyConfig;
  /** For cancelling what takes too long, and nothing else. */
  database: Database;
  /** How long the judgement at the end of a transaction may take, whose locks are held meanwhile. */
  timeoutMs: number;
  now: Date;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/** What the judgements before the commits came to. */
export interface Judgement {
  outcome: 'ok' | 'gate' | 'inconclusive';
  holes: Hole[];
  /** What had to be tried there, and was not. */
  notTried: NotTried[];
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
 * opened what; the rows at the end, and only where the catalog has nothing to say against. Whatever it does on the
 * connection is taken back.
 */
export function openGate(input: GateInput): TransactionGate {
  const { tenancy, timeoutMs, now } = input;
  const openings = openOpenings();
  let judgement: Judgement = { outcome: 'ok', holes: [], notTried: [] };

  const open = (found: readonly Finding[]) =>
    applyWaivers(found, tenancy.waivers, now).filter(
      ({ severity, waived }) => severity === 'error' && !waived,
    );
  const aside = <T>(client: Client, work: () => Promise<T>) =>
    withSavepoint(client, 'tenantctl_gate', async () => {
      await client.query("set local statement_timeout = '30s'");
      return work();
    });
  /** Between two files, what the configuration names need not all be there. */
  const look = (client: Client) =>
    aside(client, async () => {
      try {
        return open(auditCatalog(await readSubject(client, tenancy)));
      } catch (error) {
        if (error instanceof TenantctlError && error.kind === 'usage') return undefined;
        throw error;
      }
    });
  const judge = async (client: Client, file: string, signal: AbortSignal): Promise<Judgement> => {
    const subject = await readSubject(client, tenancy);
    openings.see(file, open(auditCatalog(subject)));
    const inCatalog = openings.holes();
    if (inCatalog.length > 0) return { outcome: 'gate', holes: inCatalog, notTried: [] };
    const rows = await auditRows(client, subject, { ...input, dataTimeoutMs: timeoutMs, signal });
    const holes = open(rows.findings).map((finding) => ({ ...finding, after: [...openings.files()] }));
    if (holes.length > 0) return { outcome: 'gate', holes, notTried: [] };
    const unanswered = notTried({ model: subject.tenancy, ...rows }, undefined);
    return { outcome: unanswered.length > 0 ? 'inconclusive' : 'ok', holes, notTried: unanswered };
  };

  return {
    before: async (client) => openings.begin(await look(client)),
    after: async (client, file) => openings.see(file, await look(client)),
    passes: async (client, file) => {
      judgement = await aside(client, async () => {
        const { database, signal } = input;
        const judged = await withDeadline(database, client, timeoutMs, signal, (one) =>
          judge(client, file, one),
        );
        return judged ?? tooLate(timeoutMs);
      });
      return judgement.outcome === 'ok';
    },
    judgement: () => judgement,
  };
}

function tooLate(timeoutMs: number): Judgement {
  const late: NotTried = {
    ...{ schema: '', object: '', what: 'the judgement before the commit', required: true },
    reason: `not finished within ${timeoutMs / 1000} s`,
    remedy: '--verify-timeout 5m, where the tables that were changed can be locked for that long',
  };
  return { outcome: 'inconclusive', holes: [], notTried: [late] };
}
