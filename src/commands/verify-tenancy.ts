import { Flags } from '@oclif/core';
import { appDatabase } from '../cli/app-database.js';
import { BaseCommand, requireTenancy } from '../cli/base-command.js';
import { EXIT_CODES } from '../cli/exit-codes.js';
import { databaseFlags } from '../cli/flags.js';
import type { Report } from '../report/report.js';

/** `tenantctl verify-tenancy`. */
export default class VerifyTenancy extends BaseCommand {
  static override summary = "prove that no tenant reaches another's rows";
  static override description =
    `Audits the catalog, the rows and the team's own checks, then logs in as the application and tries every crossing on every relation it can touch: two tenants are made, or found, in one transaction that is always rolled back (sequences advance). Exits with 0 when every relation of tenants is isolated, 3 when something leaks, 4 when something that had to be tried was not.

The application's login comes from APP_DATABASE_URL (or APP_DATABASE_URL_FILE), or from what create-app-role --generate-password keeps below .tenantctl/. Without it, nothing is proven (4).`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --report markdown=summary.md',
  ];
  static override flags = {
    ...databaseFlags,
    report: Flags.string({
      summary: 'also write the report to a file: markdown=FILE',
      description: 'May be given several times. In GitHub Actions: --report markdown=$GITHUB_STEP_SUMMARY',
      helpValue: 'FORMAT=FILE',
      multiple: true,
    }),
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(VerifyTenancy);
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const tenancy = requireTenancy(loaded);
      const [{ verify }, { verifyReport }, { parseReportTargets, writeReports }] = await Promise.all([
        import('../verifier/verify.js'),
        import('../verifier/report.js'),
        import('../report/files.js'),
      ]);
      const files = parseReportTargets(flags.report ?? []);
      const app = await appDatabase(loaded, database, tenancy.appRole);
      const now = new Date();
      const result = await verify({ tenancy, auditor: database, app, now, onEvent, signal });
      const report = verifyReport(database.target, result, EXIT_CODES[result.outcome].code);
      await writeReports(report, files);
      return report;
    });
  }
}
