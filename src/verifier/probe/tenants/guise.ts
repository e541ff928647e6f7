import { inheritedRoles, settableRoles } from '../../../catalog/roles.js';
import type { CatalogSnapshot } from '../../../catalog/snapshot.js';
import { quoteIdent } from '../../../identifiers.js';
import { type ContextConfig, variantsOf } from '../../../tenancy/config.js';
import { commandsIn } from '../../../tenancy/context.js';
import type { Attempt, Statement } from '../session/attempt.js';
import type { TrialSession } from '../session/session.js';
import type { Subject } from '../world/subject.js';

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
export async function variantGuises(context: ContextConfig): Promise<Guise[]> {
  const [first, ...others] = variantsOf(context);
  const statements = async (sql: readonly string[]): Promise<Statement[]> =>
    (await Promise.all(sql.map(commandsIn))).flat().map(({ text }) => ({ text }));
  const takeOff = await statements(first?.sql ?? []);
  return Promise.all(
    others.map(async ({ name, sql }) => ({
      ...{ name: `variant ${name}`, putOn: await statements(sql), takeOff, roles: undefined },
    })),
  );
}

/** The same session, speaking in a guise. */
export function inGuise(session: TrialSession, { putOn, takeOff }: Guise): TrialSession {
  /** What was answered once the guise was on; where it cannot be put on, each answer is the reason. */
  const answersTo = (statements: readonly Statement[], attempts: readonly Attempt[]): Attempt[] => {
    const refusal = attempts.slice(0, putOn.length).find(({ ok }) => !ok);
    return refusal ? statements.map(() => refusal) : attempts.slice(putOn.length);
  };
  const attemptAll: TrialSession['attemptAll'] = async (statements) =>
    answersTo(statements, await session.attemptAll([...putOn, ...statements]));
  return {
    attemptAll,
    attempt: async (statement) => {
      const [attempt] = await attemptAll([statement]);
      if (!attempt) throw new Error('attemptAll answers the first statement');
      return attempt;
    },
    attemptSeenBy: async (writes, tenant, look) => {
      const { attempts, seen } = await session.attemptSeenBy([...putOn, ...writes, ...takeOff], tenant, look);
      return { attempts: answersTo(writes, attempts).slice(0, writes.length), seen };
    },
  };
}

/** As seen by a role whose privileges are not known: everything is tried, and the server says no. */
export function whollyOpen(subject: Subject, readOnly: boolean): Subject {
  const select = subject.relation.columns.map(({ name }) => name);
  const writes = readOnly ? {} : { insert: select, update: select, delete: true };
  return { ...subject, access: { ...subject.access, select, ...writes } };
}
