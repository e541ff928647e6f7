import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { confirmName, requireAnswer } from '../cli/confirm.js';
import { databaseFlags, directFlags, knexFlags, lockWaitFlag, yesFlag } from '../cli/flags.js';
import type { RollbackSelection } from '../migrator/files/plan.js';
import type { Report } from '../report/report.js';

/** `tenantctl rollback`. */
export default class Rollback extends BaseCommand {
  static override summary = 'undo applied migrations, newest first';
  static override description =
    `Undoes the last batch, unless told otherwise: each file in a transaction of its own together with its record. Before anything is undone, every file that is needed must be there and have a \`down\`.

Shows first what will be lost: tables and columns that are dropped, with their rows and values, and rows that are deleted or changed. To find that out it executes the files in one transaction and rolls it back; for so long it holds their locks, sequences stay advanced, and what a file does outside the database is done. Concurrent builds of indexes are left out. Then, on a terminal, it asks for the database's name; elsewhere it needs --yes.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --steps 2',
    '<%= config.bin %> <%= command.id %> --to 20240606034427_create_myhub_foundation --yes',
    '<%= config.bin %> <%= command.id %> --all --yes --json',
  ];
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    ...knexFlags,
    steps: Flags.integer({ summary: 'undo this many', min: 1, helpValue: 'N', exclusive: ['to', 'all'] }),
    to: Flags.string({
      summary: 'undo what was applied after this one, which stays',
      helpValue: 'NAME',
      exclusive: ['all'],
    }),
    all: Flags.boolean({ summary: 'undo everything' }),
    'lock-wait': lockWaitFlag,
    'dry-run': Flags.boolean({
      summary: 'execute the files, roll all of it back, and show what would be lost',
      default: false,
    }),
    yes: yesFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(Rollback);
    const dryRun = flags['dry-run'];
    if (!dryRun) requireAnswer('roll back', flags.yes);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const [{ rollback }, { describeRollback, rollbackReport }] = await Promise.all([
        import('../migrator/rollback.js'),
        import('../migrator/report/rollback-report.js'),
      ]);
      const { target } = database;
      const result = await rollback(database, {
        migrations: loaded.config.migrations,
        selection: selectionOf(flags),
        lockWaitMs: flags['lock-wait'],
        approve: async (plan) => {
          onEvent({ kind: 'info', text: describeRollback(target, plan) });
          await confirmName('roll back', 'the database', target.database, flags.yes);
        },
        ...{ dryRun, onEvent, signal },
      });
      return rollbackReport(target, result);
    });
  }
}

function selectionOf(flags: {
  steps?: number | undefined;
  to?: string | undefined;
  all: boolean;
}): RollbackSelection {
  if (flags.all) return { kind: 'all' };
  if (flags.steps !== undefined) return { kind: 'steps', count: flags.steps };
  return flags.to === undefined ? { kind: 'batch' } : { kind: 'to', name: flags.to };
}
