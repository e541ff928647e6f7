import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { EXIT_CODES } from '../cli/exit-codes.js';
import { databaseFlags, knexFlags } from '../cli/flags.js';
import type { Report } from '../report/report.js';

const CHECKED = {
  'up to date': EXIT_CODES.ok,
  behind: EXIT_CODES.gate,
  unknown: EXIT_CODES.inconclusive,
};

/** `tenantctl status`. */
export default class Status extends BaseCommand {
  static override summary = 'say where files, ledger and schema stand to each other';
  static override description =
    'Asks the database itself, and writes nothing to it. Names what `migrate` would refuse: files that were edited after they had been applied, are missing, share a name, or come before one that is applied. Names what was created, changed or dropped in the schema since tenantctl last changed it, and how it differs. Also shows the server, the role, and whether the connection is encrypted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --check',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    ...databaseFlags,
    ...knexFlags,
    check: Flags.boolean({
      summary:
        'exit with 3 unless every file is applied, whole, there, and as it was, and the schema, too; with 4 where that cannot be told',
    }),
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(Status);
    return this.withWorkspace(flags, async ({ loaded, database }) => {
      const [{ standOf, status }, { statusReport }] = await Promise.all([
        import('../migrator/status.js'),
        import('../migrator/report/status-report.js'),
      ]);
      const result = await status(database, loaded.config.migrations);
      const { code } = flags.check ? CHECKED[standOf(result)] : EXIT_CODES.ok;
      return statusReport(database.target, result, code);
    });
  }
}
