import { join } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand, requireTenancy } from '../cli/base-command.js';
import { databaseFlags, directFlags, dryRunFlag, lockWaitFlag } from '../cli/flags.js';
import { choosePassword } from '../cli/role-password.js';
import { TenantctlError } from '../errors.js';
import type { Report } from '../report/report.js';

/** `tenantctl create-app-role`. */
export default class CreateAppRole extends BaseCommand {
  static override summary = "create the application's login, or bring it back to what it should be";
  static override description =
    `A login without any power over policies (no superuser, no BYPASSRLS, owner of nothing), with just the grants that the configured schemas need: through the group that holds them (tenancy.appGroup, or the one there is), else by itself. Run it again after each migration: a second run changes nothing. Grants beyond that are reported, never revoked.

The password comes from --password-file, APP_ROLE_PASSWORD, or a question on the terminal; --generate-password makes one and keeps it below .tenantctl/. The server sees a SCRAM-SHA-256 verifier only.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --generate-password',
    '<%= config.bin %> <%= command.id %> --role reporting_app --password-file /run/secrets/password',
    '<%= config.bin %> <%= command.id %> --dry-run --json',
  ];
  static override flags = {
    ...databaseFlags,
    ...directFlags,
    role: Flags.string({ summary: 'the role [default: tenancy.appRole]', helpValue: 'NAME' }),
    'password-file': Flags.string({
      summary: 'file that holds the password [env: APP_ROLE_PASSWORD holds it itself]',
      helpValue: 'FILE',
    }),
    'generate-password': Flags.boolean({
      summary: 'make a password, and keep it in a 0600 file below .tenantctl/',
      exclusive: ['password-file'],
      default: false,
    }),
    'lock-wait': lockWaitFlag,
    'dry-run': dryRunFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(CreateAppRole);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const tenancy = requireTenancy(loaded);
      const role = flags.role ?? tenancy.appRole;
      if (role === undefined) throw roleUnknown();
      const [{ ensureAppRole }, { appRoleReport }, { STATE_DIRECTORY }] = await Promise.all([
        import('../app-role/ensure.js'),
        import('../app-role/report.js'),
        import('../config/normalize.js'),
      ]);
      const { target } = database;
      const dryRun = flags['dry-run'];
      const password = await choosePassword({
        ...{ role, target, dryRun, file: flags['password-file'], generate: flags['generate-password'] },
        env: process.env.APP_ROLE_PASSWORD,
        stateDirectory: join(loaded.config.directory, STATE_DIRECTORY),
      });
      const options = { role, password, dryRun, lockWaitMs: flags['lock-wait'], onEvent, signal };
      return appRoleReport(target, await ensureAppRole(database, tenancy, options));
    });
  }
}

function roleUnknown(): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'NO_APP_ROLE',
    message: 'Cannot create the app role: it has no name.',
    hint: 'tenantctl create-app-role --role my_app, or tenancy.appRole in the configuration',
  });
}
