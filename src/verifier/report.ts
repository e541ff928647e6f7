import type { Target } from '../postgres/server.js';
import type { Report } from '../report/report.js';
import type { Finding } from './finding.js';
import { drawResult } from './report-blocks.js';
import { summarize } from './summary.js';
import type { NotTried } from './verdict.js';
import type { VerifyResult } from './verify.js';

/** Draws what verify-tenancy came to. */
export function verifyReport(target: Target, result: VerifyResult, exitCode: number): Report {
  return {
    document: { version: 1, command: 'verify-tenancy', target, exitCode, ...verifyDocument(result) },
    blocks: drawResult(target, result),
  };
}

/** The result for machines: the document's own fields. */
export function verifyDocument(result: VerifyResult) {
  const { verdict, isolation, appRole, findings, relations, lacking, notTried, server } = result;
  return {
    ...{ verdict, isolation, appRole: appRole ?? null },
    summary: summarize(result),
    findings: findings.map(findingDocument),
    relations: relations.map(({ reason, ...relation }) => ({ ...relation, reason: reason ?? null })),
    lacking,
    notTried: notTried.map(notTriedDocument),
    server,
  };
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
  ...finding
}: Finding): Record<string, unknown> {
  return {
    ...finding,
    column: column ?? null,
    statement: statement ?? null,
    fix: fix ?? null,
    remedy: remedy ?? null,
    waived: waived ? { reason: waived.reason, until: waived.until ?? null } : null,
  };
}
