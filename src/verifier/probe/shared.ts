import { quoteIdent } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import { failed, judge, type Trial } from './proof/judge.js';
import type { Omission, Proof, RelationProbe } from './proof/proof.js';
import { insertion } from './rows/insertion.js';
import { makeRow } from './rows/make.js';
import type { Attempt, Statement } from './session/attempt.js';
import type { TenantSession } from './session/session.js';
import { withoutPrivilege } from './trials/privileges.js';
import { rows } from './trials/select.js';
import { blind } from './trials/witness.js';
import { harmlessColumns } from './trials/write.js';
import { isTouchable } from './world/access.js';
import { type Subject, subjectOf, typeOf } from './world/subject.js';
import { accessTo, isStored, type World } from './world/world.js';

/** A relation that every tenant may read: none may write to it. */
export async function probeShared(
  world: World,
  known: ClassifiedRelation,
  tenant: string,
): Promise<RelationProbe> {
  const subject = subjectOf(known, accessTo(world, known.relation), false);
  const { access } = subject;
  const proofs = await withoutPrivilege(world, subject);
  const omissions: Omission[] = [];
  if (access.insert.length > 0) proofs.push(await tryInsert(world, subject, tenant));
  const session = world.session.as(tenant);
  if (access.update.length > 0) proofs.push(await tryChange(session, subject, 'update'));
  if (access.delete) proofs.push(await tryChange(session, subject, 'delete'));
  return { relation: known.relation.oid, touchable: isTouchable(access), proofs, omissions };
}

/** A relation that is nobody's, or a tool's: what the login may not do there is tried, the rest is judged by the audit. */
export async function probeOther(world: World, known: ClassifiedRelation): Promise<RelationProbe> {
  const subject = subjectOf(known, accessTo(world, known.relation), false);
  const touchable = isTouchable(subject.access);
  const proofs = await withoutPrivilege(world, subject);
  return { relation: known.relation.oid, touchable, proofs, omissions: [] };
}

async function tryInsert(world: World, subject: Subject, tenant: string): Promise<Proof> {
  const { relation } = subject;
  let attempt: Attempt | undefined;
  const run = async (statement: Statement) => {
    attempt = await world.session.as(tenant).attempt(statement);
    return attempt;
  };
  const made = isStored(relation)
    ? await makeRow(world, relation, tenant, new Map(), run)
    : { reason: 'rows can only be made for tables' };
  const given = 'given' in made ? made.given : new Map<string, string | null>();
  const trial: Trial = {
    command: 'insert',
    form: 'plain',
    context: 'tenant',
    statement: insertion(relation, given),
  };
  if ('given' in made)
    return judge(trial, { ok: true, rows: [], count: 1 }, 'added a row that all tenants see');
  return attempt && !attempt.ok ? judge(trial, attempt, undefined) : failed(trial, made.reason);
}

async function tryChange(
  session: TenantSession,
  subject: Subject,
  command: 'update' | 'delete',
): Promise<Proof> {
  const { name, relation, access } = subject;
  const columns = harmlessColumns(subject, { tenant: '', row: new Map() });
  const readable = columns.find((column) => access.select.includes(column));
  const [column = ''] = columns;
  const set =
    readable === undefined
      ? `${quoteIdent(column)} = null::${typeOf(relation, column)}`
      : `${quoteIdent(readable)} = ${quoteIdent(readable)}`;
  const statement = blind(command === 'update' ? `update ${name} set ${set}` : `delete from ${name}`, [], 1);
  const attempt = await session.attempt(statement);
  const reached =
    attempt.ok && attempt.count > 0 ? `wrote to ${rows(attempt.count)} that all tenants see` : undefined;
  return judge({ command, form: 'blind', context: 'tenant', statement }, attempt, reached);
}
