import { displayName } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { once } from '../once.js';
import { bypassReason } from '../reach.js';
import { type Command, EXPRESSIONS, type Expression } from './applying.js';
import { type Kind, kindOf } from './kinds.js';
import { type Judged, judgedOf } from './openings.js';
import type { ColumnHint, Finding } from './reason/decide.js';
import { describeWitness } from './reason/describe.js';
import type { Value } from './reason/value.js';
import { plainText } from './reason/value.js';
import type { Witness } from './reason/witness.js';

/** What was decided about the policies of a relation for one command, whoever of the application's roles sends it. */
export interface PolicyDecision {
  command: Command;
  /** `using` is about the rows that a command finds, `check` about those it writes. */
  expression: Expression;
  /**
   * proved: no row of another tenant comes through; refuted: the witness does; unknown: nobody can say without running it.
   */
  outcome: Finding['outcome'];
  /** The policy that lets the witness through, or that is not understood. */
  policy?: string | undefined;
  /** How it is refuted, or why it is unknown. */
  reason?: string | undefined;
  /** It is unknown, and nothing that is tried stands for all of it: a relation of which that is said is not isolated. */
  open: boolean;
  /** Tables whose rows say which tenants' rows the session gets, where it is proved by them. */
  through: string[];
  /** Whether rows that belong to no tenant come through. */
  tenantless: boolean;
  witness?: WitnessRows | undefined;
}

/** A row that comes through, and what has to be beside it; values as PostgreSQL writes them. */
export interface WitnessRows {
  context: 'set' | 'unset' | 'empty';
  /** The tenant that the session asks for. */
  asked: string | null;
  row: Record<string, string | null>;
  others: { relation: string; row: Record<string, string | null> }[];
}

/** What the policies of each relation of tenants come to, by its oid; nothing for one that they do not bind. */
export interface Decisions {
  of: ReadonlyMap<number, PolicyDecision[]>;
  /** Values that may open what is not understood. */
  hints: ReadonlyMap<number, ColumnHint[]>;
}

export function decisionsOf(subject: Subject): Decisions {
  const of = new Map<number, PolicyDecision[]>();
  const hints = new Map<number, ColumnHint[]>();
  if (subject.tenancy.config.isolation !== 'rls') return { of, hints };
  for (const classified of subject.tenancy.relations) {
    if (classified.class !== 'tenant' && classified.class !== 'root') continue;
    const { decisions, open } = decided(kindOf(subject, classified));
    if (decisions.length > 0) of.set(classified.relation.oid, decisions);
    if (open.length > 0) hints.set(classified.relation.oid, open);
  }
  return { of, hints };
}

const decided = once(({ subject, classified }: Kind) => {
  const open = judgedOf(subject, classified).flatMap(({ decided: { finding } }) =>
    finding.outcome === 'unknown' ? finding.hints : [],
  );
  return { decisions: decideRelation(subject, classified), open };
});

function decideRelation(subject: Subject, classified: ClassifiedRelation): PolicyDecision[] {
  const { relation } = classified;
  const privileges = subject.app.actors
    .filter(({ name }) => !bypassReason(subject.snapshot, name, relation))
    .map((actor) => subject.app.privilegesAs(actor, relation));
  if (!relation.rowSecurity || privileges.every(({ size }) => size === 0)) return [];
  const judged = judgedOf(subject, classified);
  return EXPRESSIONS.flatMap(([command, expression]) => {
    if (!privileges.some((held) => held.has(command.toUpperCase()))) return [];
    const mine = judged.filter((each) => each.command === command && each.expression === expression);
    return [summed(command, expression, mine, classified)];
  });
}

const WORST: readonly Finding['outcome'][] = ['refuted', 'unknown', 'proved'];

/** The whole admits what one branch does; without any branch nothing passes. */
function summed(
  command: Command,
  expression: Expression,
  branches: readonly Judged[],
  classified: ClassifiedRelation,
): PolicyDecision {
  const through = new Set(
    branches.flatMap(({ decided: { finding } }) => (finding.outcome === 'proved' ? finding.through : [])),
  );
  const base = {
    ...{ command, expression, through: [...through].sort() },
    tenantless: branches.some(({ decided }) => decided.tenantless !== undefined),
    open: false,
  };
  const outcome =
    WORST.find((each) => branches.some(({ decided }) => decided.finding.outcome === each)) ?? 'proved';
  const alike = branches.filter(({ decided }) => decided.finding.outcome === outcome);
  const worst = alike.find(({ decided: { finding } }) => 'open' in finding && finding.open) ?? alike[0];
  const finding = worst?.decided.finding;
  if (!finding || finding.outcome === 'proved') return { ...base, outcome };
  const { name: policy } = worst.policy;
  if (finding.outcome === 'unknown') {
    const { why: reason, open } = finding;
    return { ...base, outcome, policy, reason, open };
  }
  const { witness, context } = finding;
  const reason = `${describeWitness(witness, classified) || 'any row'}${IN_CONTEXT[context]}`;
  return { ...base, outcome, policy, reason, witness: { context, ...rowsOf(witness) } };
}

const IN_CONTEXT = {
  set: '',
  unset: ' while no tenant is set',
  empty: " while the tenant is set to ''",
} as const;

function rowsOf({ asked, row, others }: Witness): Omit<WitnessRows, 'context'> {
  const plain = (held: ReadonlyMap<string, Value>) =>
    Object.fromEntries([...held].map(([column, value]) => [column, plainText(value)]));
  return {
    ...{ asked: plainText(asked), row: plain(row) },
    others: others.map(({ relation, row: held }) => ({ relation: displayName(relation), row: plain(held) })),
  };
}
