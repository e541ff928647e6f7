import type { Target } from '../postgres/server.js';
import type { Block, Cell, Report } from '../report/report.js';
import type { AppRoleResult } from './ensure.js';

/** Draws what came of create-app-role. */
export function appRoleReport(target: Target, result: AppRoleResult): Report {
  const { role, created, dryRun, group, password, credentials, changes, warnings } = result;
  return {
    document: {
      ...{ version: 1, command: 'create-app-role', target, exitCode: 0 },
      ...{ role, created, dryRun, group: group ?? null, password, credentials: credentials ?? null },
      changes: changes.map(({ kind, sql }) => ({ kind, sql })),
      warnings,
    },
    blocks: [
      headline(result, target),
      ...(group ? [line(groupText(group))] : []),
      ...(changes.length > 0
        ? [{ kind: 'code', language: 'sql', text: changes.map(({ sql }) => `${sql};`).join('\n') } as const]
        : []),
      ...(password === 'left as it is' ? [line('Its password is left as it is.')] : []),
      ...(credentials === undefined || dryRun
        ? []
        : [line(`Its password is kept in ${credentials}, where verify-tenancy finds it.`)]),
      ...warnings.flatMap(({ text, sql }) => [
        line({ text: 'Warning: ', tone: 'warn' }, text),
        ...(sql === undefined ? [] : [{ kind: 'code', language: 'sql', text: `${sql};` } as const]),
      ]),
    ],
  };
}

function headline({ role, created, dryRun, changes }: AppRoleResult, target: Target): Block {
  const name: Cell = { text: role, tone: 'strong' };
  const where = ` in ${target.database} at ${target.host}:${target.port}`;
  if (changes.length === 0) {
    return line({ text: 'Unchanged: ', tone: 'good' }, name, ` is what it should be${where}.`);
  }
  if (dryRun) return line('Would ', created ? 'create ' : 'change ', name, where, ':');
  return line({ text: created ? 'Created ' : 'Changed ', tone: 'good' }, name, where, ':');
}

function groupText({ name, chosen }: NonNullable<AppRoleResult['group']>): string {
  return chosen === 'configured'
    ? `The group ${name} (tenancy.appGroup) holds its privileges.`
    : `The group ${name} was found to hold the application's privileges: the role is a member instead of being granted them again. tenancy.appGroup: '${name}' would say so in the configuration.`;
}

function line(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}
