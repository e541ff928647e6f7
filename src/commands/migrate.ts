import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { databaseFlags, directFlags, knexFlags, lockWaitFlag } from '../cli/flags.js';
import type { Report } from '../report/report.js';

/** `tenantctl migrate`. */
export default class Migrate extends BaseCommand {
  static override summary = 'apply the pending migrations';
  static override description =
    `Runs the pending files in order of their names, each in a transaction of its own together with its record in knex's ledger, and stops at the first that fails. A file with \`config.transaction = false\` (.sql: \`-- migrate:up transaction:false\`) runs outside a transaction, statement by statement, on the same connection; where one was interrupted, the next run goes on with the statement that was not finished, and builds an index again that was left invalid.

A lock is waited for one second, and the file tried again up to 30 times, naming who is in the way; whoever queues for a lock longer has everybody else queue behind.

Refuses (3) where files and ledger do not fit together: a file that was edited after it had been applied, is missing, shares its name with another, or is new and comes before one that is applied. What knex's own CLI has applied is taken over as it is.

--dry-run executes the files in one transaction and rolls it back, and shows for each statement how long it took, which locks it came to hold on tables that were there before, and how large these are. It ends at the first file that cannot run in a transaction. It holds its locks to the end like a run, so it is not for the busiest hour; sequences stay advanced, rows that it wrote are left to vacuum, and what a file does outside the database is done. \`tenantctl status\` lists what is pending without touching anything.

One run at a time: a second one waits for the first, and names it. knex's own lock is set as well, so that its CLI stays out. The locks belong to the session: behind a pooler in transaction mode, give the server itself (--direct-url).`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
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
    'lock-wait': lockWaitFlag,
    'dry-run': Flags.boolean({
      summary: 'execute the files, show statements and locks, and roll all of it back',
      default: false,
    }),
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(Migrate);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const [{ migrate }, { migrateReport }] = await Promise.all([
        import('../migrator/migrate.js'),
        import('../migrator/report.js'),
      ]);
      const result = await migrate(database, {
        migrations: loaded.config.migrations,
        to: flags.to,
        order: flags.order,
        singleTransaction: flags['single-transaction'],
        dryRun: flags['dry-run'],
        lockWaitMs: flags['lock-wait'],
        ...{ onEvent, signal },
      });
      return migrateReport(database.target, result);
    });
  }
}
