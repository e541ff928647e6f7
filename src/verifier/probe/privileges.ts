import { quoteIdent } from '../../identifiers.js';
import { failed, judge, type Trial } from './judge.js';
import type { ProbeCommand, Proof } from './proof.js';
import type { ProbeSession } from './session.js';
import type { Subject } from './subject.js';
import { isStored } from './world.js';

/**
 * Tries, as the login, each command that it has no privilege for. Every one of them asks for no row: privileges are
 * checked before anything is read, and TRUNCATE's before its lock.
 */
export async function withoutPrivilege(session: ProbeSession, subject: Subject): Promise<Proof[]> {
  const { access, name, relation } = subject;
  const [column] = relation.columns;
  const first = column === undefined ? undefined : quoteIdent(column.name);
  const statements: [ProbeCommand, string][] = [];
  if (access.select.length === 0) statements.push(['select', `select from ${name} where false`]);
  // What takes no such command at all answers with another error, whoever asks.
  const { takes } = access;
  if (takes.insert && access.insert.length === 0)
    statements.push(['insert', `insert into ${name} default values`]);
  if (takes.update && access.update.length === 0 && first)
    statements.push(['update', `update ${name} set ${first} = default where false`]);
  if (takes.delete && !access.delete) statements.push(['delete', `delete from ${name} where false`]);
  if (!access.truncate && isStored(relation)) {
    statements.push(['truncate', `truncate ${name}`]);
  }
  const proofs: Proof[] = [];
  for (const [command, text] of statements) {
    const trial: Trial = { command, form: 'without privilege', context: 'tenant', statement: { text } };
    const attempt = await session.attempt(trial.statement);
    proofs.push(
      attempt.ok
        ? failed(trial, 'it is allowed, though the server says there is no privilege')
        : judge(trial, attempt, undefined),
    );
  }
  return proofs;
}
