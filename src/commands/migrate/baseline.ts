import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { databaseFlags, directFlags, dryRunFlag, knexFlags, lockWaitFlag } from '../../cli/flags.js';
import type { Report } from '../../report/report.js';

/** `tenantctl migrate baseline`. */
export default class MigrateBaseline extends BaseCommand {
  static override summary = 'record migrations as applied without running them';
  static override description =
    'For a database that was made by other means and already has what the files up to NAME would make: they count as applied from now on, and `migrate` goes on after them. A history of knex needs no baseline: it is taken over as it is.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --to 20250718000010_add_authentication_to_users --dry-run',
    '<%= config.bin %> <%= command.id %> --to 20250718000010_add_authentication_to_users',
  ];
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    ...knexFlags,
    to: Flags.string({
      summary: 'the last migration that the database has, with or without extension',
      helpValue: 'NAME',
      required: true,
    }),
    'lock-wait': lockWaitFlag,
    'dry-run': dryRunFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(MigrateBaseline);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const [{ baseline }, { baselineReport }] = await Promise.all([
        import('../../migrator/baseline.js'),
        import('../../migrator/report/mend-report.js'),
      ]);
      const result = await baseline(database, {
        migrations: loaded.config.migrations,
        to: flags.to,
        dryRun: flags['dry-run'],
        lockWaitMs: flags['lock-wait'],
        ...{ onEvent, signal },
      });
      return baselineReport(database.target, result);
    });
  }
}
