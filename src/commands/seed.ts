import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { databaseFlags, directFlags, dryRunFlag, knexFlags, lockWaitFlag } from '../cli/flags.js';
import type { Report } from '../report/report.js';

/** `tenantctl seed`. */
export default class Seed extends BaseCommand {
  static override summary = 'bring in the seeds that are new, changed, or whose rows are gone';
  static override description =
    'Runs the files of the seeds directories in order of their names, each in a transaction of its own together with its record. A file that has run before is skipped only where it is unchanged and the tables it filled are still the same ones and not empty; so write seeds to be repeatable (ON CONFLICT). Shows the rows inserted (+), updated (~) and deleted (-) per table.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --only 01_organizations',
    '<%= config.bin %> <%= command.id %> --dry-run --json',
  ];
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    ...knexFlags,
    only: Flags.string({ summary: 'run this seed alone, with or without extension', helpValue: 'NAME' }),
    'lock-wait': lockWaitFlag,
    'dry-run': dryRunFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(Seed);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const [{ seed }, { seedReport }] = await Promise.all([
        import('../seeder/seed.js'),
        import('../seeder/report.js'),
      ]);
      const result = await seed(database, {
        seeds: loaded.config.seeds,
        only: flags.only,
        dryRun: flags['dry-run'],
        lockWaitMs: flags['lock-wait'],
        ...{ onEvent, signal },
      });
      return seedReport(database.target, result);
    });
  }
}
