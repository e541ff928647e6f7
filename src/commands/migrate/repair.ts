import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { databaseFlags, directFlags, dryRunFlag, knexFlags, lockWaitFlag } from '../../cli/flags.js';
import type { Decision } from '../../migrator/repair.js';
import type { Report } from '../../report/report.js';

const ONE_OF = ['accept', 'applied', 'pending'] as const satisfies Decision[];

/** `tenantctl migrate repair`. */
export default class MigrateRepair extends BaseCommand {
  static override summary =
    'decide what became of a migration that was edited, is missing, or stopped part way';
  static override description =
    "Records a decision that cannot be read off the database, with who made it, when and why, in tenantctl.migration_log; runs nothing of the migration. An edited file is accepted as what was applied; a missing one as gone on purpose (it stays in knex's ledger, so its CLI still asks for it). One that stopped part way has been brought to its end by hand, or undone by hand.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> --accept 20250718000005_create_roles --reason "only a comment was edited"',
    '<%= config.bin %> <%= command.id %> --applied 20250718000002a_index_users_by_organization --reason "built the index by hand"',
    '<%= config.bin %> <%= command.id %> --pending 20250718000003a_index_posts_by_organization --reason "dropped what was there"',
  ];
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    ...knexFlags,
    accept: Flags.string({
      summary: 'edited or missing: as it is now is right',
      helpValue: 'NAME',
      exactlyOne: [...ONE_OF],
    }),
    applied: Flags.string({ summary: 'part way: it counts as applied', helpValue: 'NAME' }),
    pending: Flags.string({ summary: 'part way: it counts as not applied', helpValue: 'NAME' }),
    reason: Flags.string({ summary: 'why; kept with the record', helpValue: 'TEXT', required: true }),
    'lock-wait': lockWaitFlag,
    'dry-run': dryRunFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(MigrateRepair);
    const decision = ONE_OF.find((each) => flags[each] !== undefined) ?? 'accept';
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const [{ repair }, { repairReport }] = await Promise.all([
        import('../../migrator/repair.js'),
        import('../../migrator/mend-report.js'),
      ]);
      const result = await repair(database, {
        migrations: loaded.config.migrations,
        decision,
        name: flags[decision] ?? '',
        reason: flags.reason,
        dryRun: flags['dry-run'],
        lockWaitMs: flags['lock-wait'],
        ...{ onEvent, signal },
      });
      return repairReport(database.target, result);
    });
  }
}
