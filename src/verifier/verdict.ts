import type { RelationKind } from '../catalog/snapshot.js';
import type { ClassifiedRelation, RelationClass } from '../tenancy/model.js';
import { type Coverage, coverageOf } from './coverage.js';
import type { NotFinished } from './data/audit-data.js';
import { type FailOn, type Finding, failsGate } from './finding.js';
import type { PolicyDecision } from './policy/decisions.js';
import { type ProbeTally, type RelationProbe, tally } from './probe/proof/proof.js';

/** `leaking` outweighs `inconclusive`, which outweighs `isolated`. */
export type Verdict = 'isolated' | 'leaking' | 'inconclusive';

export interface RelationVerdict {
  schema: string;
  name: string;
  kind: RelationKind;
  class: RelationClass;
  verdict: Verdict;
  /** Crossings tried by the live probe. */
  probes: ProbeTally;
  /** The same by command and context. */
  coverage: Coverage[];
  /** What its policies are proved to let through, command by command; empty where they bind nobody. */
  policies: readonly PolicyDecision[];
  /** Why it is not isolated, or how it is known to be where no crossing could be tried. */
  reason?: string | undefined;
}

/** Something that is not part of what was proven, with the reason. */
export interface NotTried {
  schema: string;
  /** '' where the whole database is meant. */
  object: string;
  what: string;
  reason: string;
  /** Whether a verdict is inconclusive for it. */
  required: boolean;
  /** What to do about it, where something can be done. */
  remedy?: string | undefined;
}

export interface RelationEvidence {
  known: ClassifiedRelation;
  /** undefined where nothing was probed. */
  probe: RelationProbe | undefined;
  findings: readonly Finding[];
  notFinished: readonly NotFinished[];
  /** Why the login's own attributes open the relation, whatever its policies say. */
  bypass: string | undefined;
  /** What was decided about its policies; it sharpens the report, and takes nothing back that was crossed. */
  policies?: readonly PolicyDecision[] | undefined;
  /** Why the run as a whole can prove nothing of any relation. */
  partial?: string | undefined;
}

/** The verdict on one relation. */
export function judgeRelation(evidence: RelationEvidence): RelationVerdict {
  const { known, probe } = evidence;
  const { schema, name, kind } = known.relation;
  const { verdict, reason } = capped(decide(evidence), evidence);
  return {
    ...{ schema, name, kind, class: known.class, verdict },
    probes: tally(probe?.proofs ?? []),
    coverage: coverageOf(probe?.proofs ?? []),
    policies: evidence.policies ?? [],
    ...(reason !== undefined && { reason }),
  };
}

interface Decision {
  verdict: Verdict;
  reason?: string | undefined;
}

/** Where not all was looked at, nothing is isolated that could be otherwise. */
function capped(decision: Decision, { known, partial }: RelationEvidence): Decision {
  if (partial === undefined || decision.verdict !== 'isolated' || known.class === 'internal') return decision;
  return { verdict: 'inconclusive', reason: partial };
}

function decide(evidence: RelationEvidence): Decision {
  const { known, probe, findings, notFinished, bypass } = evidence;
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return { verdict: 'leaking', reason: causes(errors) };
  const holdsTenants = known.class === 'root' || known.class === 'tenant';
  if (holdsTenants && bypass !== undefined) return { verdict: 'leaking', reason: bypass };
  // Without a tenant's rows there is nothing to prove; a write to it, or access to it, would have been an error.
  if (known.class === 'internal') return { verdict: 'isolated', reason: known.reason };
  const [open] = notFinished;
  if (open) return { verdict: 'inconclusive', reason: `${open.check}: ${open.why}` };
  if (!probe) return { verdict: 'inconclusive', reason: 'not probed' };
  const isOpen = probe.touchable || probe.omissions.some(({ required }) => required);
  if (!isOpen) return { verdict: 'isolated', reason: 'the app role holds no privilege' };
  if (known.class === 'untenanted') return { verdict: 'inconclusive', reason: known.reason };
  const tried = decideByProbe(probe);
  if (tried.verdict !== 'isolated') return tried;
  const undecided = findings.find((finding) => finding.undecided);
  return undecided ? { verdict: 'inconclusive', reason: `${undecided.check}: ${undecided.detail}` } : tried;
}

/** What the catalog or the rows show is why a probe went through, where they show anything. */
function causes(errors: readonly Finding[]): string {
  const seen = errors.filter(({ evidence }) => evidence !== 'probe');
  return [...new Set((seen.length > 0 ? seen : errors).map(({ check }) => check))].join(', ');
}

function decideByProbe({ proofs, omissions, note }: RelationProbe): Decision {
  const missing = omissions.find(({ required }) => required);
  if (missing) return { verdict: 'inconclusive', reason: `${missing.what}: ${missing.reason}` };
  const failed = proofs.find(({ result }) => result === 'failed');
  if (failed)
    return { verdict: 'inconclusive', reason: `${failed.command} ${failed.form}: ${failed.detail}` };
  if (proofs.length === 0) return { verdict: 'inconclusive', reason: 'no crossing was tried' };
  return { verdict: 'isolated', reason: note };
}

/**
 * The verdict on the database: the worst of its relations, of what was found about roles and functions, and of what the
 * whole run lacks.
 *
 * @param lacking reasons for which nothing at all can be called isolated
 */
export function judgeDatabase(
  relations: readonly RelationVerdict[],
  findings: readonly Finding[],
  lacking: readonly string[],
): Verdict {
  const has = (verdict: Verdict) => relations.some((relation) => relation.verdict === verdict);
  if (has('leaking') || findings.some(({ severity }) => severity === 'error')) return 'leaking';
  const isUndecided = findings.some(({ undecided }) => undecided);
  return has('inconclusive') || isUndecided || lacking.length > 0 ? 'inconclusive' : 'isolated';
}

/**
 * What the gate says. Waivers, a baseline and `failOn` change this, not the verdict: what is accepted does not fail the
 * gate, and what is inconclusive still does.
 */
export function judgeGate(
  relations: readonly RelationVerdict[],
  findings: readonly Finding[],
  lacking: readonly string[],
  failOn: FailOn = 'error',
): 'ok' | 'gate' | 'inconclusive' {
  if (findings.some((finding) => failsGate(finding, failOn))) return 'gate';
  const inconclusive =
    relations.some(({ verdict }) => verdict === 'inconclusive') ||
    findings.some(({ undecided }) => undecided);
  return inconclusive || lacking.length > 0 ? 'inconclusive' : 'ok';
}
