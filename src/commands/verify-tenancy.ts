import { appDatabase } from '../cli/app-database.js';
import { BaseCommand, requireTenancy } from '../cli/base-command.js';
import { EXIT_CODES } from '../cli/exit-codes.js';
import { databaseFlags } from '../cli/flags.js';
import { verifyFlags, verifyUsage } from '../cli/verify-flags.js';
import type { Report } from '../report/report.js';
import type { Baseline } from '../verifier/baseline.js';

/** `tenantctl verify-tenancy`. */
export default class VerifyTenancy extends BaseCommand {
  static override summary = "prove that no tenant reaches another's rows";
  static override description =
    `Audits the catalog, the rows and the team's own checks, then logs in as the application and tries every crossing on every relation it can touch: two tenants are made, or found, in one transaction that is always rolled back (sequences advance). Exits with 0 when every relation of tenants is isolated, 3 when something leaks, 4 when something that had to be tried was not.

The application's login comes from APP_DATABASE_URL (or APP_DATABASE_URL_FILE), or from what create-app-role --generate-password keeps below .tenantctl/. Without it, nothing is proven (4).

--self-test asks the gate itself: the migrations are replayed in a scratch database, and faults are planted there one by one, each on a table of this schema. Exits with 0 when the gate names every one of them, 3 when it misses one, 4 when one could not be tried. It needs no database of the application's: by default a second embedded server is used, with --self-test-url any server where a superuser may make and drop databases and roles. Where a migration stops for want of the tenant column, what backfill-tenant does is done there, for the first tenant; and where nothing could be tried for want of two tenants, the seeds are run. What it makes there begins with tenantctl_selftest_, and is removed again.`;
  static override usage = verifyUsage;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --report sarif=tenancy.sarif --report junit=tenancy.xml --report github',
    '<%= config.bin %> <%= command.id %> --baseline tenancy-baseline.json --update-baseline',
    '<%= config.bin %> <%= command.id %> --fix migrations/20270131090000_fix_tenancy.sql',
  ];
  static override flags = { ...databaseFlags, ...verifyFlags };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(VerifyTenancy);
    await this.reportTo(flags.report);
    if (flags['self-test']) {
      return this.withWorkspace(
        flags,
        async (workspace) => {
          const [{ selfTestRun }, { selfTestReport }] = await Promise.all([
            import('../cli/self-test-run.js'),
            import('../verifier/self-test/report.js'),
          ]);
          const { result, preparation } = await selfTestRun(workspace);
          const exitCode = EXIT_CODES[result.outcome].code;
          const { verbose } = flags;
          return selfTestReport(workspace.database.target, result, exitCode, { preparation, verbose });
        },
        (loaded) => loaded.scratchConnection(flags['self-test-url']),
      );
    }
    return this.withWorkspace(flags, async ({ loaded, database, onEvent, signal }) => {
      const tenancy = requireTenancy(loaded);
      if (flags.fix !== undefined) await refuseFixFile(flags.fix);
      // oclif leaves out a flag that was not given.
      const update = flags['update-baseline'] === true;
      const baseline = flags.baseline && { entries: await readBaseline(flags.baseline, update), update };
      const { verify } = await import('../verifier/verify.js');
      const result = await verify({
        ...{ tenancy, auditor: database, app: await appDatabase(loaded, database, tenancy.appRole) },
        ...{ now: new Date(), onEvent, signal, failOn: flags['fail-on'] },
        ...{ readOnly: flags['read-only'] === true, excludeProbe: flags['exclude-probe'] },
        selection: { only: flags.only, skip: flags.skip },
        baseline: baseline || undefined,
      });
      // Not sooner: most of it has been loaded while the server was busy.
      const [{ verifyReport }, { writeBaseline }, { writeFixes }, { placesOf }, { redacted }] =
        await Promise.all([
          import('../verifier/report/report.js'),
          import('../verifier/baseline.js'),
          import('../verifier/fix/file.js'),
          import('../verifier/report/places.js'),
          import('../cli/redacted.js'),
        ]);
      if (flags.baseline && update && result.baseline) {
        await writeBaseline(flags.baseline, redacted(result.baseline.entries));
      }
      const findings = redacted(result.findings);
      const fixes = flags.fix && (await writeFixes(flags.fix, { ...result, findings }));
      return verifyReport(database.target, result, EXIT_CODES[result.outcome].code, {
        ...{ places: placesOf(loaded.config, result.checks), verbose: flags.verbose },
        fixes: fixes || undefined,
      });
    });
  }
}

// Where nothing has to be known beforehand, the server is asked before the verifier is loaded.

async function refuseFixFile(file: string): Promise<void> {
  const fixing = await import('../verifier/fix/file.js');
  fixing.refuseFixFile(file);
}

async function readBaseline(file: string, orEmpty: boolean): Promise<Baseline> {
  const accepted = await import('../verifier/baseline.js');
  return accepted.readBaseline(file, { orEmpty });
}
