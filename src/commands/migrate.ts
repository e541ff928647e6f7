import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { EXIT_CODES } from '../cli/exit-codes.js';
import {
  baselineFlag,
  databaseFlags,
  directFlags,
  knexFlags,
  lockWaitFlag,
  needs,
  verifyTimeoutFlag,
} from '../cli/flags.js';
import type { Gate } from '../migrator/execution/gate.js';
import type { LintOptions } from '../migrator/lint/lint.js';
import type { MigrateResult } from '../migrator/migrate.js';
import type { Report } from '../report/report.js';

/** `tenantctl migrate`. */
export default class Migrate extends BaseCommand {
  static override summary = 'apply the pending migrations';
  static override description =
    `Runs the pending files in order of their names, each in a transaction of its own together with its record in knex's ledger, and stops at the first that fails. A file with \`config.transaction = false\` (.sql: \`-- migrate:up transaction:false\`) runs outside a transaction, statement by statement, on the same connection; where one was interrupted, the next run goes on with the statement that was not finished, and builds an index again that was left invalid.

A lock is waited for one second, and the file tried again up to 30 times, naming who is in the way; whoever queues for a lock longer has everybody else queue behind.

With --verify, files that follow one another run in one transaction, and the verifier judges it before the commit, on the same connection: the catalog after each file; at the end the rows, and every crossing as the app role. Only what leaks nothing is committed. Anything else is rolled back: 3, with the file that opened each hole and its fix, or 4 where something could not be judged. A hole that was open before counts as well, so close it in the same run, waive it, or have it in a --baseline, as verify-tenancy --update-baseline writes it: what is new then counts, on the same table too, or what has become worse. A new table of tenants is judged as if it were granted to the app role. A file outside a transaction splits the run: what comes before it is verified and committed, and what it did itself is verified before the next one begins. What only a login of its own can try (a context that was never set, or that a commit left behind) is tried after the last commit, or where nothing is pending, as verify-tenancy does (3, 4: already committed). Without that login, or where the migrating role may not become the app role, the run does not begin (4). With --dry-run it is judged and rolled back, whatever comes of it.

The lint judges each statement before it is sent, the builder's too, and what a file has made by its end: what takes a table in use away from its users (by squawk; tables that the run makes itself are in nobody's use), and, where the configuration has tenants, new tables without tenant column, row level security, FORCE or policy, keys and foreign keys that do not carry the tenant, indexes that do not lead with it, grants to PUBLIC. With --lint error, a finding of severity error refuses its file before the statement is sent: 3, and rolled back. Of a file outside a transaction, what it made is judged when it is done. A comment \`tenantctl:allow RULE: reason\` waives a finding: on or above the statement in .sql, for the whole file in code and for what is judged by its end; one that covers nothing is reported.

Refuses (3) where files and ledger do not fit together: a file that was edited after it had been applied, is missing, shares its name with another, or is new and comes before one that is applied. What knex's own CLI has applied is taken over as it is.

--dry-run executes the files in one transaction and rolls it back, and shows for each statement how long it took, which locks it came to hold on tables that were there before, and how large these are. It ends at the first file that cannot run in a transaction. It holds its locks to the end like a run, so it is not for the busiest hour; sequences stay advanced, rows that it wrote are left to vacuum, and what a file does outside the database is done. \`tenantctl status\` lists what is pending without touching anything.

One run at a time: a second one waits for the first, and names it. knex's own lock is set as well, so that its CLI stays out. The locks belong to the session: behind a pooler in transaction mode, give the server itself (--direct-url).`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --lint error',
    '<%= config.bin %> <%= command.id %> --verify --verify-timeout 2m',
    '<%= config.bin %> <%= command.id %> --verify --baseline tenancy-baseline.json',
    '<%= config.bin %> <%= command.id %> --to 20250718000010_add_authentication_to_users --lock-wait 5m',
    '<%= config.bin %> <%= command.id %> --knexfile knexfile.js --env production --json',
  ];
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    ...knexFlags,
    to: Flags.string({
      summary: 'the last migration to apply, with or without extension',
      helpValue: 'NAME',
    }),
    order: Flags.option({
      summary: 'whether a new file may come before one that is applied',
      options: ['strict', 'allow'] as const,
      default: 'strict',
    })(),
    'single-transaction': Flags.boolean({
      summary: 'apply all of the files in one transaction, or none of them',
    }),
    verify: Flags.boolean({
      summary: "commit only what leaks nothing, and prove it by the application's login",
    }),
    lint: Flags.option({
      summary: 'whether what the lint finds stops the run, is reported, or is not looked for',
      options: ['error', 'warn', 'off'] as const,
      default: 'warn',
      env: 'TENANTCTL_LINT',
    })(),
    'verify-timeout': verifyTimeoutFlag,
    baseline: Flags.string({ ...baselineFlag, ...needs('verify') }),
    'lock-wait': lockWaitFlag,
    'dry-run': Flags.boolean({
      summary: 'execute the files, show statements and locks, and roll all of it back',
      default: false,
    }),
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(Migrate);
    return this.withWorkspace(flags, async (workspace) => {
      const { loaded, database, onEvent, signal } = workspace;
      const [{ migrate }, { migrateReport }] = await Promise.all([
        import('../migrator/migrate.js'),
        import('../migrator/report/report.js'),
      ]);
      const lint = { level: flags.lint, tenancy: loaded.config.tenancy, auditKeys };
      const run = async (gate?: Gate) =>
        migrate(database, {
          migrations: loaded.config.migrations,
          to: flags.to,
          order: flags.order,
          singleTransaction: flags['single-transaction'],
          dryRun: flags['dry-run'],
          lockWaitMs: flags['lock-wait'],
          last: !flags.verify,
          ...{ lint, gate, onEvent, signal },
        });
      const report = (result: MigrateResult) =>
        migrateReport(database.target, result, EXIT_CODES[result.lint.refused ? 'gate' : 'ok'].code);
      if (!flags.verify) return report(await run());
      const { verifiedRun } = await import('../cli/verified-run.js');
      const { result, verification } = await verifiedRun(
        workspace,
        { timeoutMs: flags['verify-timeout'], baseline: flags.baseline },
        run,
      );
      if (!verification) return report(result);
      const { outcomeOf, withVerification } = await import('../verifier/gate/report.js');
      return withVerification(report(result), verification, EXIT_CODES[outcomeOf(verification)].code);
    });
  }
}

/** Loaded only where something is pending: the lint asks for it then. */
const auditKeys: LintOptions['auditKeys'] = async (snapshot, model) => {
  const { auditKeysAhead } = await import('../verifier/ahead.js');
  return auditKeysAhead(snapshot, model);
};
