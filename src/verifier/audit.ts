import { setImmediate } from 'node:timers/promises';
import { readCatalog } from '../catalog/read.js';
import type { CatalogSnapshot } from '../catalog/snapshot.js';
import type { OnEvent } from '../events.js';
import { quoteIdent } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { classify } from '../tenancy/classify.js';
import type { TenancyConfig } from '../tenancy/config.js';
import type { TenancyModel } from '../tenancy/model.js';
import type { CheckInfo, Fault, Subject } from './check.js';
import { CATALOG_CHECKS, CHECKS, DATA_CHECKS } from './checks/index.js';
import { auditData, type NotFinished } from './data/audit-data.js';
import { withAuditSettings } from './data/guard.js';
import { runScripts } from './data/run-scripts.js';
import { readScripts, type Script } from './data/script.js';
import type { Finding } from './finding.js';
import { type Decisions, decisionsOf } from './policy/decisions.js';
import { loadSqlParser } from './policy/parse.js';
import { PROBE_CHECKS } from './probe/proof/crossings.js';
import { type CheckSelection, EVERY_CHECK, isSelected, namedChecks, settledBy } from './selection.js';
import { subjectOf } from './subject.js';
import { applyWaivers } from './waivers.js';

export interface AuditOptions {
  now: Date;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
  /** How long one question to the data may take; 30 s by default. */
  dataTimeoutMs?: number | undefined;
  /** All checks by default. */
  selection?: CheckSelection | undefined;
  /** The catalog, where it was already asked for on this connection, in this transaction. */
  snapshot?: Promise<CatalogSnapshot> | undefined;
}

export interface AuditResult {
  snapshot: CatalogSnapshot;
  model: TenancyModel;
  /** Worst first, then by key. */
  findings: Finding[];
  /** What had to be asked and was not answered. */
  notFinished: NotFinished[];
  /** Every check that a finding can come from, the team's own included. */
  checks: CheckInfo[];
  /** Those that were asked for, families replaced by their checks. */
  selection: CheckSelection;
  /** What policies were proved to let through, and what not. */
  decisions: Decisions;
}

const DATA_TIMEOUT_MS = 30_000;

/**
 * Reads the catalog, runs all checks on it, asks the data, runs the team's own checks and applies the waivers. Must run
 * inside a transaction: standalone in `repeatable read, read only`, else in the one whose changes are to be judged. It
 * writes nothing and leaves the transaction's settings as they were.
 *
 * @throws TenantctlError usage where the configuration or the selection names what does not exist, or a check of the team is
 *   not usable
 */
export async function audit(
  client: Client,
  config: TenancyConfig,
  options: AuditOptions,
): Promise<AuditResult> {
  const { now } = options;
  const scripts = await scriptsOf(config);
  const checks = [...CHECKS, ...PROBE_CHECKS, ...scripts];
  const selection = namedChecks(options.selection ?? EVERY_CHECK, checks);
  const subject = await readSubject(client, config, options.snapshot);
  const [{ findings: inRows, notFinished }, inCatalog] = await Promise.all([
    auditRows(client, subject, { ...options, scripts, selection }),
    // Once the questions are on their way: while the server works on those, the catalog is judged here.
    setImmediate().then(() => auditCatalog(subject, selection)),
  ]);
  const settled = settledBy(checks, { selection, notFinished, probed: false });
  const found = [...inCatalog, ...inRows];
  const findings = applyWaivers(found, config.waivers, now, settled).filter(({ check }) =>
    isSelected(selection, check),
  );
  const decisions = decisionsOf(subject);
  const { snapshot, tenancy: model } = subject;
  return { snapshot, model, findings, notFinished, checks, selection, decisions };
}

/**
 * Reads the catalog, and decides whose the relations are. Must run inside a transaction, as audit does.
 *
 * @throws TenantctlError usage where the configuration names what does not exist
 */
export async function readSubject(
  client: Client,
  config: TenancyConfig,
  reading: Promise<CatalogSnapshot> = readCatalog(client),
): Promise<Subject> {
  // Side by side: the server is busy for as long as the parser takes to load.
  const [snapshot, sql] = await Promise.all([reading, loadSqlParser()]);
  return subjectOf(snapshot, classify(snapshot, config), sql);
}

/**
 * The team's own checks.
 *
 * @throws TenantctlError usage where one is not usable
 */
export async function scriptsOf({ checksDirectory }: TenancyConfig): Promise<Script[]> {
  return checksDirectory === undefined ? [] : readScripts(checksDirectory);
}

/**
 * What the rows show: the data checks, and the team's own. Must run inside a transaction, as audit does.
 *
 * @throws TenantctlError usage where a check of the team is not usable
 */
export async function auditRows(
  client: Client,
  subject: Subject,
  options: AuditOptions & { scripts: readonly Script[] },
): Promise<Pick<AuditResult, 'findings' | 'notFinished'>> {
  const { config } = subject.tenancy;
  const { selection = EVERY_CHECK } = options;
  const asked = ({ id }: CheckInfo) => isSelected(selection, id);
  const scripts = options.scripts.filter(asked);
  const guard = {
    timeoutMs: options.dataTimeoutMs ?? DATA_TIMEOUT_MS,
    searchPath: [...config.schemas, 'pg_catalog', 'pg_temp'].map(quoteIdent).join(', '),
    signal: options.signal,
  };
  const { data, team } = await withAuditSettings(client, guard, async (send) => ({
    data: await auditData(client, send, subject, DATA_CHECKS.filter(asked), {
      ...guard,
      onEvent: options.onEvent,
    }),
    team: await runScripts(client, scripts, config.schemas[0] ?? 'public', guard),
  }));
  return {
    findings: [
      ...data.faults.map(({ check, fault }) => toFinding(check, fault, 'data', undefined)),
      ...team.faults.map(({ script, fault }) => ({
        ...toFinding(script, fault, 'data', undefined),
        remedy: script.remedy,
      })),
    ],
    notFinished: [...data.notFinished, ...team.notFinished],
  };
}

/** What the catalog alone shows, in the order of the checks. */
export function auditCatalog(subject: Subject, selection: CheckSelection = EVERY_CHECK): Finding[] {
  const byDatabase = subject.tenancy.config.isolation === 'rls';
  const asked = CATALOG_CHECKS.filter(({ id }) => isSelected(selection, id));
  return asked
    .filter((check) => byDatabase || !check.onlyUnderRls)
    .flatMap((check) =>
      [...check.find(subject)].map((fault) =>
        toFinding(check, fault, 'catalog', check.fix?.({ severity: check.severity, ...fault }, subject)),
      ),
    );
}

function toFinding(
  check: CheckInfo,
  fault: Fault,
  evidence: Finding['evidence'],
  fix: string | undefined,
): Finding {
  const { schema, object, column, detail, severity, undecided } = fault;
  return {
    key: keyOf(check.id, fault),
    check: check.id,
    severity: severity ?? check.severity,
    schema,
    object,
    ...(column !== undefined && { column }),
    detail,
    evidence,
    ...(fix !== undefined && { fix }),
    ...(undecided && { undecided }),
  };
}

/** `rls-not-forced:"public"."orders"`; what has no schema, or is one, is named alone, and a part follows after a colon. */
function keyOf(check: string, { schema, object, part }: Fault): string {
  const name = [schema, object]
    .filter((text) => text !== '')
    .map(quoteIdent)
    .join('.');
  // An empty name before a part: that part must not be taken for a name.
  if (part !== undefined) return [check, name, quoteIdent(part)].join(':');
  return name === '' ? check : `${check}:${name}`;
}
