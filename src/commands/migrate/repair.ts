import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { databaseFlags, directFlags, dryRunFlag, knexFlags, lockWaitFlag } from '../../cli/flags.js';
import type { Decision } from '../../migrator/repair.js';
import type { Report } from '../../report/report.js';

const DECISIONS = ['accept', 'applied', 'pending'] as const satisfies Decision[];
const ONE_OF = [...DECISIONS, 'accept-drift'];

/** `tenantctl migrate repair`. */
export default class MigrateRepair extends BaseCommand {
  static override summary =
    'decide about a migration that was edited, is missing, or stopped part way, or about drift';
  static override description =
    "Records a decision that cannot be read off the database, with who made it, when and why, in tenantctl.migration_log; runs nothing of the migration. An edited file is accepted as what was applied; a missing one as gone on purpose (it stays in knex's ledger, so its CLI still asks for it). One that stopped part way has been brought to its end by hand, or undone by hand. Where `tenantctl status` names drift, the schema as it is now is accepted.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> --accept 20250718000005_create_roles --reason "only a comment was edited"',
    '<%= config.bin %> <%= command.id %> --applied 20250718000002a_index_users_by_organization --reason "built the index by hand"',
    '<%= config.bin %> <%= command.id %> --accept-drift --reason "an index that the DBA added"',
    '<%= config.bin %> <%= command.id %> --pending 20250718000003a_index_posts_by_organization --reason "dropped what was there"',
  ];
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    ...knexFlags,
    accept: Flags.string({
      summary: 'edited or missing: as it is now is right',
      helpValue: 'NAME',
      exactlyOne: ONE_OF,
    }),
    applied: Flags.string({ summary: 'part way: it counts as applied', helpValue: 'NAME' }),
    pending: Flags.string({ summary: 'part way: it counts as not applied', helpValue: 'NAME' }),
    'accept-drift': Flags.boolean({ summary: 'the schema as it is now is right, whoever changed it' }),
    reason: Flags.string({ summary: 'why; kept with the record', helpValue: 'TEXT', required: true }),
    'lock-wait': lockWaitFlag,
    'dry-run': dryRunFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(MigrateRepair);
    const decision = DECISIONS.find((each) => flags[each] !== undefined);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const [{ repair }, { acceptDrift }, { acceptedReport, repairReport }] = await Promise.all([
        import('../../migrator/repair.js'),
        import('../../migrator/accept-drift.js'),
        import('../../migrator/report/mend-report.js'),
      ]);
      const { target } = database;
      const options = {
        ...{ migrations: loaded.config.migrations, reason: flags.reason, dryRun: flags['dry-run'] },
        ...{ lockWaitMs: flags['lock-wait'], onEvent, signal },
      };
      if (decision === undefined) return acceptedReport(target, await acceptDrift(database, options));
      const result = await repair(database, { ...options, decision, name: flags[decision] ?? '' });
      return repairReport(target, result);
    });
  }
}
