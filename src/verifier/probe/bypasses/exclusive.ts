import { judge, type Trial } from '../proof/judge.js';
import type { Omission, Proof } from '../proof/proof.js';
import { inTurn, type Turn } from '../session/turns.js';
import { contentsOf, differ } from '../tenants/differential.js';
import { readEverything } from '../trials/select.js';
import type { CommittedRows } from '../world/committed.js';
import type { Pair, Subject } from '../world/subject.js';
import type { World } from '../world/world.js';

/**
 * Tries what needs the whole table for itself: TRUNCATE, and, as its owner, to switch its policies off. Every reader is
 * locked out until it is taken back, so this is left to tables that hold no row but the probe's.
 *
 * @param roles the roles whose privileges the login has without doing anything
 */
export async function tryExclusive(
  world: World,
  subject: Subject,
  pair: Pair | undefined,
  { committed, roles }: { committed: CommittedRows; roles: ReadonlySet<string> },
  omissions: Omission[],
): Promise<Proof[]> {
  const { access, relation } = subject;
  const owns = !world.readOnly && roles.has(relation.owner) && relation.rowSecurity;
  if (!access.truncate && !owns) return [];
  const leaveOut = (what: string, reason: string) => omissions.push({ what, reason, required: false });
  const [holdsRows] = pair ? await committed.holdRows([subject.known]) : [];
  if (!pair || holdsRows !== false) {
    if (access.truncate) leaveOut('TRUNCATE', IN_USE);
    if (owns) leaveOut('ALTER TABLE', IN_USE);
    return [];
  }
  const proofs: Proof[] = [];
  for (const attempt of [
    ...(access.truncate ? [tryTruncate(world, subject, pair)] : []),
    ...(owns ? [tryUnbinding(world, subject, pair)] : []),
  ]) {
    const found = await attempt;
    if (found) proofs.push(found);
  }
  return proofs;
}

const IN_USE = 'it would lock out every reader; the privilege alone is a finding';

/** Nobody waits behind the lock: it is had at once, or not at all. */
const AT_ONCE = { text: "set local lock_timeout = '20ms'" };

async function tryTruncate({ session }: World, subject: Subject, { a, b }: Pair): Promise<Proof | undefined> {
  const statement = { text: `truncate ${subject.name}` };
  const look: Turn = { tenant: b.tenant, statement: contentsOf(subject) };
  const own = (said: Turn['statement']): Turn => ({ tenant: a.tenant, statement: said });
  const [before, , done, after] = await inTurn(session, [look, own(AT_ONCE), own(statement), look]);
  if (!before?.ok || !done?.ok || !after?.ok || !differ(before, after)) return undefined;
  const trial: Trial = { command: 'truncate', form: 'truncate', context: 'tenant', statement };
  return judge(trial, done, "removed another tenant's row");
}

async function tryUnbinding(
  { session }: World,
  subject: Subject,
  { a, b }: Pair,
): Promise<Proof | undefined> {
  const statement = { text: `alter table ${subject.name} disable row level security` };
  const crossing = readEverything(subject, b, 'tenant', a.tenant);
  const turns = [AT_ONCE, statement, crossing.statement].map((said) => ({
    tenant: a.tenant,
    statement: said,
  }));
  const [, done, read] = await inTurn(session, turns);
  const reached = read?.ok ? crossing.reached(read) : undefined;
  if (!done?.ok || !read?.ok || reached === undefined) return undefined;
  const form = 'policies switched off';
  return judge({ command: 'select', form, context: 'tenant', statement }, read, reached);
}
