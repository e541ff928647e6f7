import * as Flags from '@oclif/core/flags';
import { baselineFlag, reportFlag, several } from './flags.js';

const checks = { ...several, helpValue: 'CHECK', delimiter: ',' as const };

const GLOBALS = '[--json] [--config FILE] [--database-url URL] [--log-format text|json]';
const REPORTS = '[--report FORMAT[=FILE]...]';

/** Written out, since oclif draws flags that exclude each other and depend on others as one knot. */
export const verifyUsage = [
  `<%= command.id %> [--only CHECK...] [--skip CHECK...] [--fail-on error|warn] [--baseline FILE [--update-baseline]] [--fix FILE] ${REPORTS} [--read-only] [--exclude-probe NAME...] [-v] ${GLOBALS}`,
  `<%= command.id %> --self-test [--self-test-url URL] ${REPORTS} [-v] [--json] [--config FILE] [--log-format text|json]`,
];

/** What `verify-tenancy` is asked for besides its database. */
export const verifyFlags = {
  report: reportFlag,
  verbose: Flags.boolean({ char: 'v', summary: 'show what was tried: relation × command × context' }),
  only: Flags.string({
    ...checks,
    summary:
      'run only these checks, or families of checks, separated by commas; proves nothing as a whole (4 at best)',
  }),
  skip: Flags.string({
    ...checks,
    summary:
      'leave these checks, or families of checks, out, separated by commas; proves nothing as a whole (4 at best)',
  }),
  'read-only': Flags.boolean({
    summary: 'try only rows that are there, and write nothing, not even to take it back (4 at best)',
  }),
  'exclude-probe': Flags.string({
    summary:
      'leave a relation or function alone whose side effects a rollback does not undo; a relation is then inconclusive',
    ...several,
    helpValue: 'NAME',
    delimiter: ',',
  }),
  'fail-on': Flags.option({
    summary: 'the mildest finding that makes the exit code 3',
    options: ['error', 'warn'] as const,
    default: 'error',
  })(),
  baseline: Flags.string(baselineFlag),
  'update-baseline': Flags.boolean({
    summary: 'write everything that is found into the baseline, and take out what is found no more',
    dependsOn: ['baseline'],
  }),
  'self-test': Flags.boolean({
    summary:
      'test the gate instead: replay the migrations in a scratch database, plant faults, count what is caught',
    exclusive: ['database-url', 'only', 'skip', 'fail-on', 'baseline', 'update-baseline', 'fix'],
  }),
  'self-test-url': Flags.string({
    summary: 'a superuser of a server where databases and roles may come and go; an embedded one by default',
    helpValue: 'URL',
    dependsOn: ['self-test'],
  }),
  fix: Flags.string({
    summary: 'write a migration with the fixes of what was found; `migrate` runs it',
    description:
      'A new .sql file, in the directory of migrations. What cannot run in a transaction, or would block writers, comes in a second file, *_online.sql.',
    helpValue: 'FILE',
  }),
};
