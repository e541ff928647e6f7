import type { Client, ConnectionMode } from '../../postgres/connect.js';
import type { FunctionProbe } from './functions/functions.js';
import { probeInside } from './inside.js';
import type { Power } from './powers.js';
import type { RelationProbe } from './proof/proof.js';
import type { LentFrame } from './session/frame.js';
import { type OutsideResult, probeOutside } from './trials/outside.js';
import type { ProbeSetup } from './world/setup.js';

export interface ProbeInput extends ProbeSetup {
  /** Lends a new connection of the app's own login. */
  connect<T>(use: (client: Client) => Promise<T>, mode?: ConnectionMode): Promise<T>;
}

export interface ProbeResult {
  relations: RelationProbe[];
  functions: FunctionProbe[];
  powers: Power[];
  defaults: OutsideResult['defaults'];
  /** Why nothing could be probed at all. */
  reason: string | undefined;
}

const NOTHING = { relations: [], functions: [], powers: [], defaults: [] };

/** Most of a probe's statements need no answer from those before. */
const PIPELINED: ConnectionMode = { pipelined: true };

/**
 * Tries, through the app's own login, every crossing on every relation that it can touch. Everything happens in
 * transactions that are rolled back; sequences advance.
 *
 * @throws what the connection throws; what the database refuses is an answer
 */
export async function probe(input: ProbeInput): Promise<ProbeResult> {
  const inside = await input.connect((client) => probeInside(client, input), PIPELINED);
  if ('reason' in inside) return { ...NOTHING, reason: inside.reason };
  const { relations, functions, powers, cases, tenant } = inside;
  const outside = await input.connect(
    (client) => probeOutside(client, input.model.config.context, tenant, cases, input),
    PIPELINED,
  );
  const byOid = new Map(cases.map((one) => [one.subject.relation.oid, one]));
  for (const relation of relations) {
    relation.proofs.push(...(outside.proofs.get(relation.relation) ?? []));
    const own = byOid.get(relation.relation);
    if (!relation.touchable || !own) continue;
    if (own.omission) relation.omissions.push(own.omission);
    relation.omissions.push(...outside.untried.map((one) => ({ ...one, what: one.context, required: true })));
  }
  return { relations, functions, powers, defaults: outside.defaults, reason: undefined };
}

/**
 * Tries what can be tried within somebody else's transaction, on the connection that is in it: for rows and objects that
 * no other session sees yet. What needs a session of its own is left out: a context that was never set, and one that was
 * set and left by a commit.
 *
 * @throws what the connection throws; what the database refuses is an answer
 */
export async function probeWithin(client: Client, frame: LentFrame, setup: ProbeSetup): Promise<ProbeResult> {
  const inside = await probeInside(client, setup, frame);
  if ('reason' in inside) return { ...NOTHING, reason: inside.reason };
  const { relations, functions, powers } = inside;
  return { relations, functions, powers, defaults: [], reason: undefined };
}
