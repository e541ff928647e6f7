import type { Role } from '../catalog/snapshot.js';
import { quoteIdent } from '../identifiers.js';
import type { Check, CheckInfo, Fault, Subject } from './check.js';

/** Roles other than itself that the app role can become. */
export function otherRoles(subject: Subject): Role[] {
  const { role, becomes } = subject.app;
  return subject.snapshot.roles.filter((other) => other !== role && becomes.has(other.name));
}

/** A fault of the app role; `part` is the other role that it concerns. */
export function faultOfRole(role: Role, detail: string, more: Pick<Fault, 'part' | 'severity'> = {}): Fault {
  return { schema: '', object: role.name, detail, ...more };
}

/** A check that finds one attribute of the app role, and takes it away. */
export function attributeCheck(
  info: Pick<CheckInfo, 'id' | 'title' | 'severity' | 'explanation'>,
  has: (role: Role) => boolean,
  remedy: string,
): Check {
  return {
    ...info,
    family: 'roles',
    *find({ app: { role } }) {
      if (role && has(role))
        yield faultOfRole(role, `the app role ${role.name} has ${remedy.replace('NO', '')}`);
    },
    fix: (fault) => `ALTER ROLE ${quoteIdent(fault.object)} ${remedy};`,
  };
}
