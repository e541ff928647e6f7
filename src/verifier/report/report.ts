import type { Target } from '../../postgres/server.js';
import type { Report } from '../../report/report.js';
import type { Finding } from '../finding.js';
import { once } from '../once.js';
import type { PolicyDecision } from '../policy/decisions.js';
import { summarize } from '../summary.js';
import type { NotTried, RelationVerdict } from '../verdict.js';
import type { VerifyResult } from '../verify-result.js';
import { type DrawOptions, drawResult } from './report-blocks.js';
import { type Places, reportedFindings } from './report-findings.js';

export interface VerifyReportOptions extends DrawOptions {
  places: Places;
}

/** Draws what verify-tenancy came to. */
export function verifyReport(
  target: Target,
  result: VerifyResult,
  exitCode: number,
  { places, fixes, verbose }: VerifyReportOptions,
): Report {
  return {
    document: {
      ...{ version: 1, command: 'verify-tenancy', target, exitCode },
      ...{ ...verifyDocument(result), fixes: fixes ?? null },
    },
    // Drawn where somebody looks: a thousand tables take a while.
    get blocks() {
      return drawResult(target, result, { fixes, verbose });
    },
    get findings() {
      return reportedFindings(result, places);
    },
  };
}

/** The result for machines: the document's own fields. */
export function verifyDocument(result: VerifyResult) {
  const { verdict, isolation, appRole, findings, relations, lacking, notTried, server } = result;
  const { failOn, selection, baseline } = result;
  return {
    ...{ verdict, isolation, appRole: appRole ?? null },
    summary: summarize(result),
    findings: findings.map(findingDocument),
    relations: relations.map(relationDocument),
    functions: result.functions,
    lacking,
    notTried: notTried.map(notTriedDocument),
    server,
    ...{ failOn, selection, baseline: baseline ? { gone: baseline.gone } : null },
  };
}

function relationDocument({ reason, policies, ...relation }: RelationVerdict) {
  return { ...relation, policies: decisionDocuments(policies), reason: reason ?? null };
}

/** Relations of one kind share their decisions. */
const decisionDocuments = once((policies: readonly PolicyDecision[]) => policies.map(decisionDocument));

function decisionDocument({ policy, reason, witness, ...decision }: PolicyDecision) {
  return { ...decision, policy: policy ?? null, reason: reason ?? null, witness: witness ?? null };
}

export function notTriedDocument({ remedy, ...omitted }: NotTried) {
  return { ...omitted, remedy: remedy ?? null };
}

/** Every field is there, so that a reader need not tell "missing" from "none". */
export function findingDocument({
  column,
  statement,
  fix,
  remedy,
  waived,
  baselined,
  undecided,
  ...finding
}: Finding): Record<string, unknown> {
  return {
    ...finding,
    column: column ?? null,
    statement: statement ?? null,
    fix: fix ?? null,
    remedy: remedy ?? null,
    waived: waived ? { reason: waived.reason, until: waived.until ?? null } : null,
    baselined: baselined ?? false,
    undecided: undecided ?? false,
  };
}
