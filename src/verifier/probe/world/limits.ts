import type { RelationProbe } from '../proof/proof.js';
import type { Access } from './access.js';

/** What the probe is kept from; what it then does not prove, it says. */
export interface ProbeLimits {
  /** Write nothing, not even to take it back: only rows that are there are tried. */
  readOnly: boolean;
  /** Oids of relations that are left alone: a rollback does not undo all that touching them does. */
  excluded: ReadonlySet<number>;
  /** Oids of functions that are not called, for the same reason. */
  excludedFunctions: ReadonlySet<number>;
}

export const NO_LIMITS: ProbeLimits = { readOnly: false, excluded: new Set(), excludedFunctions: new Set() };

/** What is left of the login's privileges, for the probe. */
export function withinLimits(
  access: Map<number, Access>,
  { readOnly, excluded }: ProbeLimits,
): Map<number, Access> {
  return new Map(
    [...access]
      .filter(([oid]) => !excluded.has(oid))
      .map(([oid, held]) => [oid, readOnly ? { ...held, ...NO_WRITES } : held]),
  );
}

const NO_WRITES = { insert: [], update: [], delete: false, truncate: false };

/** Notes what a run that may not write leaves out of a relation that the login may write to. */
export function leaveUnwritten(probe: RelationProbe, held: Access | undefined): void {
  const commands = [
    ...(held?.insert.length ? ['INSERT'] : []),
    ...(held?.update.length ? ['UPDATE'] : []),
    ...(held?.delete ? ['DELETE'] : []),
  ];
  if (commands.length === 0) return;
  probe.touchable = true;
  const reason = 'nothing is written under --read-only';
  probe.omissions.push({ what: commands.join(', '), reason, required: true });
}

/** A relation that the run was told to leave alone. */
export function leftAlone(relation: number): RelationProbe {
  const omission = { what: 'every crossing', reason: 'left out by --exclude-probe', required: true };
  return { relation, touchable: true, proofs: [], omissions: [omission] };
}
