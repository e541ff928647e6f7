import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand, OK, requireTenancy } from '../cli/base-command.js';
import { EXIT_CODES } from '../cli/exit-codes.js';
import { databaseFlags, directFlags, dryRunFlag, lockWaitFlag } from '../cli/flags.js';
import type { Report } from '../report/report.js';

/** `tenantctl backfill-tenant`. */
export default class BackfillTenant extends BaseCommand {
  static override summary = 'fill the tenant column of rows that were there before it';
  static override description =
    `Each row gets the tenant that its foreign keys lead to; where several ways lead there, they have to agree. Rows that no foreign key leads away from get the one in --tenant. The column is added where it is missing. Rows that cannot be derived are counted, shown, and left as they are (exit 3).

It works in batches, each a short transaction with its own checkpoint. It can be stopped or killed at any moment, and goes on from there when it is run again. No other column is written: every batch compares them before it is committed, and says what triggers changed.`;
  static override examples = [
    {
      description: 'What would be done, and how many rows are concerned',
      command: '<%= config.bin %> <%= command.id %> --dry-run',
    },
    {
      description: 'The users of a system that had one tenant, then what hangs on them',
      command:
        '<%= config.bin %> <%= command.id %> users --tenant 10000000-0000-4000-8000-000000000001 && <%= config.bin %> <%= command.id %> posts likes',
    },
  ];
  static override args = {
    table: Args.string({
      summary: 'tables; without any, all that have rows to fill',
      multiple: true,
    }),
  };
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    tenant: Flags.string({
      summary: 'key of the tenant of rows that no foreign key leads away from',
      helpValue: 'VALUE',
    }),
    'batch-size': Flags.integer({
      summary: 'rows of one transaction',
      helpValue: 'N',
      ...{ default: 5000, min: 1, max: 100_000 },
    }),
    'lock-wait': lockWaitFlag,
    'dry-run': dryRunFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags, argv } = await this.parse(BackfillTenant);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const tenancy = requireTenancy(loaded);
      const [{ backfillTenant }, { backfillReport }] = await Promise.all([
        import('../backfill/run.js'),
        import('../backfill/report.js'),
      ]);
      const result = await backfillTenant(database, tenancy, {
        ...{ tables: argv.map(String), tenant: flags.tenant, batchSize: flags['batch-size'] },
        ...{ dryRun: flags['dry-run'], lockWaitMs: flags['lock-wait'], onEvent, signal },
      });
      const done = result.dryRun || result.tables.every(({ remaining }) => remaining === 0);
      return backfillReport(database.target, result, done ? OK : EXIT_CODES.gate.code);
    });
  }
}
