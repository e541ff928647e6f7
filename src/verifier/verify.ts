import { withTransaction } from '../postgres/transaction.js';
import type { TenancyConfig } from '../tenancy/config.js';
import { type AuditResult, audit } from './audit.js';
import { applyBaseline, type Baseline, baselineOf, goneFrom } from './baseline.js';
import type { CheckInfo } from './check.js';
import type { FailOn, Finding } from './finding.js';
import { judgeRelations } from './judge-relations.js';
import type { Lacking } from './lacking.js';
import { probeFindings, probeLive } from './live.js';
import { lackingOf, notTried } from './omissions.js';
import { type FunctionVerdict, functionVerdicts } from './probe/function-findings.js';
import { readIdentity } from './probe/identity.js';
import {
  type CheckSelection,
  EVERY_CHECK,
  isSelected,
  partialRun,
  type Settled,
  settledBy,
} from './selection.js';
import { type Advisory, advisoriesFor } from './server-cves.js';
import { judgeDatabase, judgeGate, type NotTried, type RelationVerdict, type Verdict } from './verdict.js';
import type { VerifyInput } from './verify-input.js';
import { applyWaivers } from './waivers.js';

export interface VerifyResult {
  verdict: Verdict;
  /** What the gate says: `gate` for open errors. */
  outcome: 'ok' | 'gate' | 'inconclusive';
  /** Who keeps tenants apart: row level security, or the application by itself. */
  isolation: TenancyConfig['isolation'];
  /** The role that was judged. */
  appRole: string | undefined;
  /** Worst first. */
  findings: Finding[];
  relations: RelationVerdict[];
  /** Those that the probe called. */
  functions: FunctionVerdict[];
  lacking: Lacking[];
  notTried: NotTried[];
  server: { version: string; advisories: Advisory[] };
  selection: CheckSelection;
  /** The probe wrote nothing. */
  readOnly: boolean;
  failOn: FailOn;
  /** What is accepted now, and the keys of what is found no more. */
  baseline: { entries: Baseline; gone: string[] } | undefined;
  /** Every check that a finding can come from. */
  checks: CheckInfo[];
}

/**
 * Audits the catalog and the rows, tries every crossing through the app's own login, and judges. Nothing is left behind:
 * the auditor only reads, and what the probes write is rolled back.
 *
 * @throws TenantctlError where a connection cannot be made, or the configuration names what does not exist
 */
export async function verify(input: VerifyInput): Promise<VerifyResult> {
  const { auditor, app, now, onEvent, signal, selection = EVERY_CHECK, failOn = 'error' } = input;
  // The role of the login that is given is the one to judge, where the configuration names none.
  const tenancy = { ...input.tenancy, appRole: input.tenancy.appRole ?? app?.settings.user };
  const [audited, { place }] = await auditor.connect(
    (client) =>
      withTransaction(client, 'repeatable read, read only', () =>
        Promise.all([audit(client, tenancy, { now, onEvent, signal, selection }), readIdentity(client)]),
      ),
    { pipelined: true },
  );
  const partial = partialRun(selection);
  const live = await probeLive(input, tenancy, audited, place);
  const found = [...audited.findings, ...probeFindings(tenancy, audited.model, live.probed)];
  const settled = settledBy(audited.checks, { ...audited, probed: live.probed !== undefined });
  const selected = applyWaivers(found, tenancy.waivers, now, settled).filter(({ check }) =>
    isSelected(audited.selection, check),
  );
  const { findings, baseline } = accept(selected, input.baseline, settled);
  const lacking = [...(partial ? [partial] : []), ...lackingOf(audited, live.probed, live.lacking)];
  const reasons = lacking.map(({ reason }) => reason);
  const relations = judgeRelations(audited.model.relations, {
    ...{ ...audited, ...live, findings, partial: partial?.reason },
  });
  return {
    verdict: judgeDatabase(relations, findings, reasons),
    outcome:
      tenancy.isolation === 'rls'
        ? judgeGate(relations, findings, reasons, failOn)
        : judgeGate([], findings, auditLacks(audited, partial), failOn),
    isolation: tenancy.isolation,
    appRole: tenancy.appRole,
    ...{ findings, relations, lacking, selection, failOn, baseline, checks: audited.checks },
    readOnly: input.readOnly === true,
    functions: functionVerdicts(live.probed?.functions ?? []),
    notTried: notTried(audited, live.probed),
    server: {
      version: audited.snapshot.server.version,
      advisories: advisoriesFor(audited.snapshot.server.versionNumber),
    },
  };
}

/** Where the database is not meant to keep tenants apart, a clean audit is all there is to ask for. */
function auditLacks({ notFinished }: AuditResult, partial: Lacking | undefined): string[] {
  return [...(partial ? [partial.reason] : []), ...notFinished.map(({ why }) => why)];
}

function accept(
  findings: readonly Finding[],
  given: VerifyInput['baseline'],
  settled: Settled,
): Pick<VerifyResult, 'baseline'> & { findings: Finding[] } {
  if (!given) return { findings: [...findings], baseline: undefined };
  const gone = goneFrom(given.entries, findings, settled);
  const entries = given.update ? baselineOf(findings, given.entries, settled) : given.entries;
  return { findings: applyBaseline(findings, entries), baseline: { entries, gone } };
}
