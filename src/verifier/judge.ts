import type { AuditResult } from './audit.js';
import { applyBaseline, baselineOf, goneFrom } from './baseline.js';
import type { Finding } from './finding.js';
import { judgeRelations } from './judge-relations.js';
import type { Lacking } from './lacking.js';
import { probeFindings, probeLive } from './live.js';
import { lackingOf, notTried } from './omissions.js';
import { functionVerdicts } from './probe/functions/function-findings.js';
import { EVERY_CHECK, isSelected, partialRun, type Settled, settledBy } from './selection.js';
import { advisoriesFor } from './server-cves.js';
import { decidedByPeople, undecidedIn } from './undecided.js';
import { judgeDatabase, judgeGate, type RelationVerdict } from './verdict.js';
import type { VerifyInput } from './verify-input.js';
import type { VerifyResult } from './verify-result.js';
import { applyWaivers } from './waivers.js';

/**
 * Tries what the audit leaves to be tried, and judges by both.
 *
 * @param place which server and database the auditor saw
 * @throws TenantctlError where a connection cannot be made
 */
export async function judge(input: VerifyInput, audited: AuditResult, place: string): Promise<VerifyResult> {
  const { tenancy, now, selection = EVERY_CHECK, failOn = 'error' } = input;
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
  const by = (shown: readonly Finding[]) =>
    judgeRelations(audited.model.relations, {
      ...{ ...audited, ...live, findings: shown, partial: partial?.reason },
    });
  const relations = by(findings);
  const accepted = decidedByPeople(findings);
  const undecided = undecidedIn(accepted.filter((finding) => !isOfRelation(finding, relations)));
  return {
    verdict: judgeDatabase(relations, findings, reasons),
    outcome:
      tenancy.isolation === 'rls'
        ? judgeGate(by(accepted), accepted, reasons, failOn)
        : judgeGate([], findings, auditLacks(audited, partial), failOn),
    isolation: tenancy.isolation,
    appRole: tenancy.appRole,
    ...{
      findings,
      relations,
      lacking: [...lacking, ...undecided],
      selection,
      failOn,
      baseline,
      checks: audited.checks,
    },
    readOnly: input.readOnly === true,
    functions: functionVerdicts(live.probed?.functions ?? []),
    notTried: notTried(audited, live.probed),
    server: {
      version: audited.snapshot.server.version,
      advisories: advisoriesFor(audited.snapshot.server.versionNumber),
    },
  };
}

/** Its own verdict says why it is not isolated. */
function isOfRelation({ schema, object }: Finding, relations: readonly RelationVerdict[]): boolean {
  return relations.some((relation) => relation.schema === schema && relation.name === object);
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
