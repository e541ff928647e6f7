import * as Errors from '@oclif/core/errors';
import * as Flags from '@oclif/core/flags';

/** Flags of every command that reads the configuration. */
export const configFlags = {
  config: Flags.string({
    summary: 'configuration file',
    description: 'Default: tenantctl.config.{ts,mts,js,mjs,cjs,json}, from the working directory upwards.',
    helpValue: 'FILE',
    env: 'TENANTCTL_CONFIG',
    helpGroup: 'GLOBAL',
  }),
};

/** Flags of every command that works on a database. */
export const databaseFlags = {
  ...configFlags,
  'database-url': Flags.string({
    summary: 'the database to work on [env: DATABASE_URL, DATABASE_URL_FILE, PGHOST …]',
    description: 'Prefer the environment or a file: other users of the machine can read a command line.',
    helpValue: 'URL',
    helpGroup: 'GLOBAL',
  }),
  'log-format': Flags.option({
    summary: 'how progress is written to stderr',
    options: ['text', 'json'] as const,
    default: 'text',
    env: 'TENANTCTL_LOG_FORMAT',
    helpGroup: 'GLOBAL',
  })(),
};

/** For the commands that need a session of their own, which a pooler in transaction mode does not give. */
export const directFlags = {
  'direct-url': Flags.string({
    summary: 'the same database past the pooler [env: DIRECT_DATABASE_URL, DIRECT_DATABASE_URL_FILE]',
    helpValue: 'URL',
    exclusive: ['database-url'],
  }),
};

/** What dependsOn says, too; but of that oclif makes one knot in the usage, with what excludes one of the two. */
export const needs = (flag: string) => ({ relationships: [{ type: 'all' as const, flags: [flag] }] });

/** For the commands that work on a knex project as it is. */
export const knexFlags = {
  knexfile: Flags.string({
    summary: 'use an existing knexfile instead of a tenantctl configuration',
    helpValue: 'FILE',
    exclusive: ['config'],
    helpGroup: 'GLOBAL',
  }),
  env: Flags.string({
    summary: 'environment in the knexfile [env: NODE_ENV]',
    helpValue: 'NAME',
    ...needs('knexfile'),
    helpGroup: 'GLOBAL',
  }),
};

/** For the commands that must be the only one at work; milliseconds. */
export const lockWaitFlag = Flags.custom<number>({
  summary: 'how long to wait for another run to end, before exit code 75',
  helpValue: '90s|5m',
  default: 60_000,
  defaultHelp: async () => '60s',
  env: 'TENANTCTL_LOCK_WAIT',
  parse: async (given) => parseDuration(given, '--lock-wait'),
})();

/** For the commands with a gate. */
export const baselineFlag = {
  summary: 'a file of findings that are accepted for now: only what is new, or has become worse, fails',
  helpValue: 'FILE',
};

/** For the gate before a commit; milliseconds. Without a default, which oclif would take for a flag that needs --verify. */
export const verifyTimeoutFlag = Flags.custom<number>({
  summary:
    'longest judgement before a commit, 60s by default: the locks of the migrations are held meanwhile',
  helpValue: '90s|5m',
  ...needs('verify'),
  parse: async (given) => parseDuration(given, '--verify-timeout'),
})();

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** '90', '90s', '1.5m': seconds where there is no unit. */
export function parseDuration(given: string, flag: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(given.trim()) ?? [];
  const factor = UNITS_MS[unit];
  if (amount !== undefined && factor !== undefined) return Number(amount) * factor;
  throw new Errors.CLIError(
    `${flag} expected a duration such as 90s or 5m; received ${JSON.stringify(given)}`,
  );
}

/** What may be given several times; that it is not given by default says nothing in the help. */
export const several = {
  multiple: true as const,
  default: [] as string[],
  defaultHelp: async () => undefined,
};

/** For the commands with findings. */
export const reportFlag = Flags.string({
  summary: 'also write a report: table, json, junit, sarif, markdown or github',
  description:
    'May be given several times. Without =FILE it goes to stdout, and what is printed otherwise to stderr. In GitHub Actions: --report github --report markdown=$GITHUB_STEP_SUMMARY',
  helpValue: 'FORMAT[=FILE]',
  ...several,
  multipleNonGreedy: true,
});

// With a default, because oclif leaves out what was not given, and the JSON document then would too.
export const dryRunFlag = Flags.boolean({
  summary: 'change nothing; say what would be done',
  default: false,
});
export const yesFlag = Flags.boolean({ char: 'y', summary: 'answer yes to every question', default: false });
