export type ProbeCommand = 'select' | 'insert' | 'update' | 'delete' | 'truncate';

/**
 * Under which context a statement ran:
 * - tenant: of one of the two tenants, against the other one's rows;
 * - never set: a session in which the context was never set;
 * - after commit: the same session once a transaction that had set it is over;
 * - empty, malformed, unknown: set to '', to what is no tenant key, to a key that no tenant has.
 */
export type ProbeContext = 'tenant' | 'never set' | 'after commit' | 'empty' | 'malformed' | 'unknown';

/**
 * What stopped a statement: the policies (no row, or their own refusal), a missing privilege, an error before any row,
 * or, where the relation holds no committed row to try with, the server's evaluation of its policies on a made row.
 */
export type Denial = 'policy' | 'privilege' | 'error' | 'evaluation';

/**
 * What was reached, where it is not the other tenant's row by a statement that names its table:
 * - existence: that the other tenant has something;
 * - reference: its row is referred to, or refers to one's own;
 * - cascade: its row is changed by a foreign key's action;
 * - effect: its row is changed by a trigger or a rule.
 */
export type ProofKind = 'existence' | 'reference' | 'cascade' | 'effect';

/**
 * One crossing that was tried through the app's login, and what came of it. `allowed` went through and reaches nobody
 * else's rows; `failed` says nothing.
 */
export interface Proof {
  command: ProbeCommand;
  /** How: 'by key', 'unqualified', 'blind', 'move', … */
  form: string;
  kind?: ProofKind | undefined;
  /** What the login made itself before: 'role ops', 'variant viewer'. */
  guise?: string | undefined;
  context: ProbeContext;
  result: 'denied' | 'crossed' | 'allowed' | 'failed';
  by?: Denial | undefined;
  sqlstate?: string | undefined;
  /** Kept where it was not denied: of a thousand tables most are, with fifty statements each. */
  statement?: string | undefined;
  /** What was reached, or why the probe says nothing: counts and keys, never contents. */
  detail?: string | undefined;
}

/** Something that was left out, with the reason; a required one makes its relation inconclusive. */
export interface Omission {
  what: string;
  reason: string;
  required: boolean;
  /** What to do about it, where something can be done. */
  remedy?: string | undefined;
}

/** What the probe did to one relation. */
export interface RelationProbe {
  /** Oid. */
  relation: number;
  /** Whether the login holds any privilege on it. */
  touchable: boolean;
  proofs: Proof[];
  omissions: Omission[];
  /** How it was judged, where that is not by trying on rows. */
  note?: string | undefined;
}

/** How many crossings were tried, and how they ended. */
export interface ProbeTally {
  denied: number;
  crossed: number;
  failed: number;
  /** What denied them: a missing grant and a policy are different reasons. */
  deniedBy: Record<Denial, number>;
  /** Of every denial that was an error: 42501, or outside of a tenant's context the application's own. */
  sqlstates: string[];
}

/** Counts proofs by their results. */
export function tally(proofs: readonly Proof[]): ProbeTally {
  const count = (result: Proof['result']) => proofs.filter((proof) => proof.result === result).length;
  const denied = proofs.filter((proof) => proof.result === 'denied');
  const by = (denial: Denial) => denied.filter((proof) => proof.by === denial).length;
  return {
    denied: denied.length,
    crossed: count('crossed'),
    failed: count('failed'),
    deniedBy: {
      policy: by('policy'),
      privilege: by('privilege'),
      error: by('error'),
      evaluation: by('evaluation'),
    },
    sqlstates: [...new Set(denied.flatMap(({ sqlstate }) => sqlstate ?? []))].sort(),
  };
}

/** The tallies of several relations as one. */
export function sumTallies(tallies: readonly ProbeTally[]): ProbeTally {
  const sum = (of: (one: ProbeTally) => number) => tallies.reduce((total, one) => total + of(one), 0);
  return {
    denied: sum(({ denied }) => denied),
    crossed: sum(({ crossed }) => crossed),
    failed: sum(({ failed }) => failed),
    deniedBy: {
      policy: sum(({ deniedBy }) => deniedBy.policy),
      privilege: sum(({ deniedBy }) => deniedBy.privilege),
      error: sum(({ deniedBy }) => deniedBy.error),
      evaluation: sum(({ deniedBy }) => deniedBy.evaluation),
    },
    sqlstates: [...new Set(tallies.flatMap(({ sqlstates }) => sqlstates))].sort(),
  };
}
