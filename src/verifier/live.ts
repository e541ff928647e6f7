import type { CatalogSnapshot } from '../catalog/snapshot.js';
import { parseName } from '../identifiers.js';
import type { TenancyConfig } from '../tenancy/config.js';
import type { TenancyModel } from '../tenancy/model.js';
import { findRelation } from '../tenancy/names.js';
import type { AuditResult } from './audit.js';
import type { Finding } from './finding.js';
import type { Lacking } from './lacking.js';
import { functionFindings } from './probe/functions/function-findings.js';
import { powerFindings } from './probe/powers.js';
import { type ProbeResult, probe } from './probe/probe.js';
import { PROBE_CHECKS } from './probe/proof/crossings.js';
import { crossingFindings, defaultFinding } from './probe/proof/findings.js';
import { readIdentity } from './probe/session/identity.js';
import { judgeLogin, NO_LOGIN } from './probe/session/login.js';
import { openCommittedRows } from './probe/world/committed.js';
import type { ProbeLimits } from './probe/world/limits.js';
import { isSelected } from './selection.js';
import type { VerifyInput } from './verify-input.js';

/** What came of the live probe, or why there was none. */
export interface Live {
  probed: ProbeResult | undefined;
  lacking: Lacking | undefined;
  /** Why the login's own attributes open everything. */
  bypass: string | undefined;
}

const BY_APPLICATION: Lacking = {
  reason: 'tenants are kept apart by the application, and not enforced by the database',
  remedy: "isolation: 'rls' and a policy on each table of tenants",
};

const NOT_ASKED_FOR: Lacking = {
  reason: 'no crossing was tried, since none of its checks was asked for',
  remedy: 'run it without --only and --skip',
};

/** Tries every crossing through the app's own login, where there is one that can be judged by. */
export async function probeLive(
  { app, auditor, isWanted, onEvent, signal, readOnly = false, excludeProbe = [] }: VerifyInput,
  tenancy: TenancyConfig,
  { snapshot, model, decisions, selection }: AuditResult,
  place: string,
): Promise<Live> {
  const limits = { readOnly, ...leftAlone(snapshot, tenancy, excludeProbe) };
  const none = (lacking: Lacking, bypass?: string): Live => ({ probed: undefined, lacking, bypass });
  if (tenancy.isolation === 'application') return none(BY_APPLICATION);
  if (!PROBE_CHECKS.some(({ id }) => isSelected(selection, id))) return none(NOT_ASKED_FOR);
  if (!app) return none(NO_LOGIN);
  const identity = await app.connect(readIdentity);
  const judged = judgeLogin(identity, tenancy.appRole ?? identity.sessionUser, place);
  if (judged) return none(judged, judged.bypass);
  const role = identity.sessionUser;
  const { connect } = app;
  const probed = await auditor.connect(async (client) => {
    const committed = await openCommittedRows(client, model);
    const { hints } = decisions;
    return probe({
      ...{ snapshot, model, committed, connect, role, isWanted, limits, onEvent, signal, hints },
    });
  });
  return { probed, lacking: undefined, bypass: undefined };
}

/** What --exclude-probe names: functions, each with whatever arguments, or else relations. */
function leftAlone(
  snapshot: CatalogSnapshot,
  tenancy: TenancyConfig,
  names: readonly string[],
): Pick<ProbeLimits, 'excluded' | 'excludedFunctions'> {
  const [excluded, excludedFunctions] = [new Set<number>(), new Set<number>()];
  for (const text of names) {
    const name = parseName(text, tenancy.schemas[0] ?? 'public');
    const functions = snapshot.functions.filter((fn) => fn.schema === name?.schema && fn.name === name.name);
    for (const { oid } of functions) excludedFunctions.add(oid);
    if (functions.length === 0) excluded.add(findRelation(snapshot, text, tenancy, '--exclude-probe').oid);
  }
  return { excluded, excludedFunctions };
}

/** One finding per relation and kind of crossing, and per function. */
export function probeFindings(
  tenancy: TenancyConfig,
  model: TenancyModel,
  probed: ProbeResult | undefined,
): Finding[] {
  const role = tenancy.appRole ?? '';
  const relations = new Map(model.relations.map((known) => [known.relation.oid, known]));
  const crossings = (probed?.relations ?? []).flatMap(({ relation, proofs }) => {
    const known = relations.get(relation);
    return known ? crossingFindings(known, proofs, role) : [];
  });
  const found = [
    ...crossings,
    ...functionFindings(probed?.functions ?? [], role),
    ...powerFindings(probed?.powers ?? [], role),
  ];
  const [first] = probed?.defaults ?? [];
  if (!first || !('setting' in tenancy.context)) return found;
  const contexts = (probed?.defaults ?? []).map(({ context }) => context);
  return [...found, defaultFinding(tenancy.context.setting, first.value, contexts, role)];
}
