import type { Denial, ProbeCommand, ProbeContext, Proof } from './probe/proof/proof.js';

/** What is known of one command on one relation in one context. */
export interface Coverage {
  command: ProbeCommand;
  context: ProbeContext;
  /** Of everything tried, the worst. */
  result: Proof['result'];
  /** How many statements were tried. */
  tried: number;
  /** What denied them. */
  by: Denial[];
  /** The first statement that was not denied, and what came of it. */
  statement: string | null;
  detail: string | null;
}

export const COMMANDS: readonly ProbeCommand[] = ['select', 'insert', 'update', 'delete', 'truncate'];
export const CONTEXTS: readonly ProbeContext[] = [
  ...(['tenant', 'never set', 'after commit', 'empty', 'malformed', 'unknown'] as const),
];
const WORST: readonly Proof['result'][] = ['crossed', 'failed', 'allowed', 'denied'];

/** The proofs of one relation by command and context, in the order of those lists. */
export function coverageOf(proofs: readonly Proof[]): Coverage[] {
  return COMMANDS.flatMap((command) =>
    CONTEXTS.flatMap((context) => {
      const tried = proofs.filter((proof) => proof.command === command && proof.context === context);
      return tried.length === 0 ? [] : [summed(command, context, tried)];
    }),
  );
}

function summed(command: ProbeCommand, context: ProbeContext, tried: readonly Proof[]): Coverage {
  const result = WORST.find((candidate) => tried.some((proof) => proof.result === candidate)) ?? 'failed';
  const example = result === 'denied' ? undefined : tried.find((proof) => proof.result === result);
  return {
    ...{ command, context, result, tried: tried.length },
    by: [...new Set(tried.flatMap(({ by }) => by ?? []))].sort(),
    statement: example?.statement ?? null,
    detail: example?.detail ?? null,
  };
}
