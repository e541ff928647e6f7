import { inheritedRoles, settableRoles } from '../../catalog/roles.js';
import type { CatalogSnapshot } from '../../catalog/snapshot.js';
import { quoteIdent } from '../../identifiers.js';
import { type ContextConfig, variantsOf } from '../../tenancy/config.js';
import type { Statement } from './attempt.js';
import type { TrialSession } from './session.js';
import type { Subject } from './subject.js';

/** What the login may also be, within a tenant's context: another role, or another part that the application plays. */
export interface Guise {
  /** As a report names it: 'role ops', 'variant viewer'. */
  name: string;
  putOn: Statement[];
  takeOff: Statement[];
  /** The roles whose privileges it has without doing anything; undefined: those of the login. */
  roles: ReadonlySet<string> | undefined;
}

/**
 * The roles that the login can become by SET ROLE: what it inherits from them it has anyway, BYPASSRLS only so.
 *
 * @param actor what the context makes of the login, which is tried as a matter of course
 */
export function roleGuises(snapshot: CatalogSnapshot, login: string, actor: string): Guise[] {
  const others = [...settableRoles(snapshot, login)].filter((role) => role !== actor);
  return others.sort().map((role) => ({
    name: `role ${role}`,
    putOn: [{ text: `set local role ${quoteIdent(role)}` }],
    takeOff: [{ text: 'reset role' }],
    roles: inheritedRoles(snapshot, role),
  }));
}

/** Every variant of the context but the first, in which rows are made and looked at. */
export function variantGuises(context: ContextConfig): Guise[] {
  const [first, ...others] = variantsOf(context);
  const statements = (sql: readonly string[]) => sql.map((text) => ({ text }));
  return others.map(({ name, sql }) => ({
    name: `variant ${name}`,
    putOn: statements(sql),
    takeOff: statements(first?.sql ?? []),
    roles: undefined,
  }));
}

/** The same session, speaking in a guise. */
export function inGuise(session: TrialSession, { putOn, takeOff }: Guise): TrialSession {
  const attemptAll: TrialSession['attemptAll'] = async (statements) => {
    const attempts = await session.attemptAll([...putOn, ...statements]);
    const refusal = attempts.slice(0, putOn.length).find(({ ok }) => !ok);
    const answers = attempts.slice(putOn.length);
    return refusal ? answers.map(() => refusal) : answers;
  };
  return {
    attemptAll,
    attempt: async (statement) => {
      const [attempt] = await attemptAll([statement]);
      if (!attempt) throw new Error('attemptAll answers every statement');
      return attempt;
    },
    attemptSeenBy: async (writes, tenant, look) => {
      const sent = [...putOn, ...writes, ...takeOff];
      const { attempts, seen } = await session.attemptSeenBy(sent, tenant, look);
      const refusal = attempts.slice(0, putOn.length).find(({ ok }) => !ok);
      const answers = attempts.slice(putOn.length, putOn.length + writes.length);
      return { attempts: refusal ? answers.map(() => refusal) : answers, seen };
    },
  };
}

/** As seen by a role whose privileges are not known: everything is tried, and the server says no. */
export function whollyOpen(subject: Subject, readOnly: boolean): Subject {
  const select = subject.relation.columns.map(({ name }) => name);
  const writes = readOnly ? {} : { insert: select, update: select, delete: true };
  return { ...subject, access: { ...subject.access, select, ...writes } };
}
