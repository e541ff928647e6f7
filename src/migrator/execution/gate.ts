import { TenantctlError } from '../../errors.js';
import type { Client } from '../../postgres/connect.js';
import { withRollback } from '../../postgres/transaction.js';
import type { Turn } from './turn.js';

/** Judges, on the run's own connection and in its transactions, what the files have made of the database. */
export interface Gate {
  /** Before the first of some files; again where these are tried again. */
  before(client: Client): Promise<void>;
  /** After a file that others follow in the same transaction. */
  after(client: Client, file: string): Promise<void>;
  /** After the last one: whether what they have made may stay. */
  passes(client: Client, file: string): Promise<boolean>;
}

/** Files that are judged together: those of one transaction, or one outside of any. */
export interface Segment {
  turns: readonly Turn[];
  together: boolean;
}

/** The gate said no; what ran in a transaction is rolled back with this. */
export class GateRefusal extends Error {
  /** @param rolledBack the files that it takes along */
  constructor(readonly rolledBack: readonly string[]) {
    super('the gate said no');
  }
}

/** Turns as they are committed under a gate: as many at once as can be, in the order of the files. */
export function segmentsOf(turns: readonly Turn[]): Segment[] {
  const segments: { turns: Turn[]; together: boolean }[] = [];
  for (const turn of turns) {
    const last = segments.at(-1);
    if (last?.together && turn.step.transaction) last.turns.push(turn);
    else segments.push({ turns: [turn], together: turn.step.transaction });
  }
  return segments;
}

/** Runs files one after another within their transaction, and has them judged where there is a gate. */
export async function passTogether(
  gate: Gate | undefined,
  client: Client,
  turns: readonly Turn[],
  run: (turn: Turn) => Promise<void>,
): Promise<void> {
  await gate?.before(client);
  for (const turn of turns) {
    await run(turn);
    if (!gate) continue;
    if (turn !== turns.at(-1)) await gate.after(client, turn.file);
    else if (!(await gate.passes(client, turn.file))) throw new GateRefusal(turns.map(({ file }) => file));
  }
}

/** Runs a file outside a transaction, and has it judged when it is done: what it did stays, the rest does not begin. */
export async function passAlone(
  gate: Gate,
  client: Client,
  turn: Turn,
  run: () => Promise<void>,
): Promise<void> {
  await withRollback(client, () => gate.before(client));
  await run();
  const passed = await withRollback(client, () => gate.passes(client, turn.file));
  if (!passed) throw new GateRefusal([]);
}

/** What is not the failure of a file: the gate's answer, and what the gate cannot judge by. */
export function isOfGate(error: unknown): boolean {
  return error instanceof GateRefusal || (error instanceof TenantctlError && error.kind === 'usage');
}
