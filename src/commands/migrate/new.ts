import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { configFlags, dryRunFlag, knexFlags } from '../../cli/flags.js';
import type { Report } from '../../report/report.js';

/** `tenantctl migrate new`. */
export default class MigrateNew extends BaseCommand {
  static override summary = 'write a new migration file';
  static override description =
    'Named after the time, so that it comes last, in the first directory of migrations. With `tenancy` configured, a name `create_<table>` begins with a table that no tenant can leave: tenant column and key, foreign key to the root, row level security enabled and forced, a policy, the grants of the application.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> create_rooms',
    '<%= config.bin %> <%= command.id %> create_rooms --sql --key-type bigint',
  ];
  static override args = {
    name: Args.string({ description: 'what it does: create_rooms', required: true }),
  };
  static override flags = {
    ...configFlags,
    ...knexFlags,
    sql: Flags.boolean({ summary: 'a .sql file with an up and a down section, instead of TypeScript' }),
    'key-type': Flags.string({
      summary: "type of the tenant root's key",
      helpValue: 'TYPE',
      default: 'uuid',
    }),
    'dry-run': dryRunFlag,
  };

  protected async execute(): Promise<Report> {
    const { args, flags } = await this.parse(MigrateNew);
    const { config } = await this.loadConfig(flags);
    const [{ newMigration }, { newReport }] = await Promise.all([
      import('../../migrator/files/new.js'),
      import('../../migrator/report/mend-report.js'),
    ]);
    const result = await newMigration({
      name: args.name,
      format: flags.sql ? 'sql' : 'ts',
      now: new Date(),
      keyType: flags['key-type'],
      migrations: config.migrations,
      tenancy: config.tenancy,
      dryRun: flags['dry-run'],
    });
    return newReport(result);
  }
}
