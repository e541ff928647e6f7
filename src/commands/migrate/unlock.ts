import { BaseCommand } from '../../cli/base-command.js';
import { confirm } from '../../cli/confirm.js';
import { databaseFlags, directFlags, dryRunFlag, knexFlags, yesFlag } from '../../cli/flags.js';
import type { Report } from '../../report/report.js';

/** `tenantctl migrate unlock`. */
export default class MigrateUnlock extends BaseCommand {
  static override summary = 'end the session that holds the migration lock, and clear the lock of knex';
  static override description =
    "Seldom needed: the lock goes with its session, and what a killed tenantctl left of knex's lock is cleared by the next run. It is for a session that hangs, and for is_locked = 1 that a killed knex CLI left behind. Names whom it is about to end and asks; where there is no terminal it needs --yes. What knex itself was doing cannot be told from the database: sessions that it may be are listed, and left alone.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --yes',
  ];
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    ...knexFlags,
    'dry-run': dryRunFlag,
    yes: yesFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(MigrateUnlock);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent }) => {
      const [{ unlock }, { describeUnlock, unlockReport }] = await Promise.all([
        import('../../migrator/lock/unlock.js'),
        import('../../migrator/report/mend-report.js'),
      ]);
      const { target } = database;
      const result = await unlock(database, {
        migrations: loaded.config.migrations,
        dryRun: flags['dry-run'],
        approve: async (plan) => {
          onEvent({ kind: 'info', text: describeUnlock(target, plan) });
          const consequence = 'it ends what is at work';
          await confirm('unlock', `Unlock ${target.database}?`, flags.yes, consequence);
        },
        onEvent,
      });
      return unlockReport(target, result);
    });
  }
}
