import { quoteIdent } from '../../../identifiers.js';
import { failed, judge, type Trial } from '../proof/judge.js';
import type { ProbeCommand, Proof } from '../proof/proof.js';
import type { ProbeSession } from '../session/session.js';
import type { Subject } from '../world/subject.js';
import { isStored, type World } from '../world/world.js';

/**
 * Tries, as the login, each command that it has no privilege for. Every one of them asks for no row: privileges are
 * checked before anything is read, and TRUNCATE's before its lock.
 */
export async function withoutPrivilege(world: World, subject: Subject): Promise<Proof[]> {
  const proofs = await Promise.all(
    statementsFor(subject, world.readOnly).map(async ([command, texts]) => {
      let proof: Proof | undefined;
      for (const text of texts) {
        const form = 'without privilege';
        proof = await refusalOf(world.session, { command, form, context: 'tenant', statement: { text } });
        if (proof.result === 'denied') break;
      }
      return proof ?? [];
    }),
  );
  return proofs.flat();
}

/** For each command the statements that would do: of the columns of a view not each can be written to at all. */
function statementsFor({ access, name, relation }: Subject, readOnly: boolean): [ProbeCommand, string[]][] {
  const reads = access.select.length === 0 ? [entry('select', [`select from ${name} where false`])] : [];
  // In a transaction that is read only, a write is refused as one, whoever asks.
  if (readOnly) return reads;
  // What takes no such command at all answers with another error, whoever asks.
  const { insert, update, takes } = access;
  const updates = relation.columns
    .filter(({ generated, identity }) => !generated && identity !== 'always')
    .map((column) => `update ${name} set ${quoteIdent(column.name)} = null where false`);
  return [
    ...reads,
    ...(takes.insert && insert.length === 0 ? [entry('insert', [`insert into ${name} default values`])] : []),
    ...(takes.update && update.length === 0 ? [entry('update', updates)] : []),
    ...(takes.delete && !access.delete ? [entry('delete', [`delete from ${name} where false`])] : []),
    ...(isStored(relation) && !access.truncate ? [entry('truncate', [`truncate ${name}`])] : []),
  ];
}

function entry(command: ProbeCommand, texts: string[]): [ProbeCommand, string[]] {
  return [command, texts];
}

async function refusalOf(session: ProbeSession, trial: Trial): Promise<Proof> {
  const attempt = await session.as(undefined).attempt(trial.statement);
  return attempt.ok
    ? failed(trial, 'it is allowed, though the server says there is no privilege')
    : judge(trial, attempt, undefined);
}
