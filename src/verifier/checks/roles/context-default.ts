import type { RoleSetting } from '../../../catalog/snapshot.js';
import { quoteIdent } from '../../../identifiers.js';
import type { Check, Subject } from '../../check.js';
import { contextSettings } from '../../policy/reason/session.js';

export const contextDefault: Check = {
  id: 'context-default',
  family: 'roles',
  title: 'The tenant setting has a default',
  severity: 'error',
  explanation:
    'ALTER ROLE … SET or ALTER DATABASE … SET gives every new session a tenant before the application has named one, and the ' +
    'default comes back whenever a transaction that set the tenant locally ends. A request that forgets to name its tenant ' +
    "then works for someone else's instead of failing.",
  *find(subject) {
    for (const setting of defaults(subject)) {
      const { name, value } = setting;
      yield {
        schema: '',
        object: name,
        part: owner(setting),
        detail: `${statement(subject, setting)} SET ${name} = ${value}`,
      };
    }
  },
  fix(fault, subject) {
    const setting = defaults(subject).find((s) => s.name === fault.object && owner(s) === fault.part);
    if (!setting) return undefined;
    const name = setting.name.split('.').map(quoteIdent).join('.');
    return `${statement(subject, setting)} RESET ${name};`;
  },
};

/** Defaults that the app role's sessions start with; they follow the login, so roles it can become do not matter. */
function defaults(subject: Subject): RoleSetting[] {
  const names = contextSettings(subject.tenancy.config.context, subject.sql);
  const { role } = subject.app;
  return subject.snapshot.settings.filter(
    (setting) =>
      names.includes(setting.name.toLowerCase()) &&
      setting.value !== '' &&
      (setting.role === undefined || setting.role === role?.name),
  );
}

function owner({ role, thisDatabase }: RoleSetting): string {
  return [role ?? 'all roles', ...(thisDatabase ? ['in this database'] : [])].join(' ');
}

function statement(subject: Subject, { role, thisDatabase }: RoleSetting): string {
  const database = quoteIdent(subject.snapshot.database.name);
  if (role === undefined) return thisDatabase ? `ALTER DATABASE ${database}` : 'ALTER ROLE ALL';
  return `ALTER ROLE ${quoteIdent(role)}${thisDatabase ? ` IN DATABASE ${database}` : ''}`;
}
