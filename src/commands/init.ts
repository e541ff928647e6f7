import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { databaseFlags, dryRunFlag } from '../cli/flags.js';
import { TenantctlError } from '../errors.js';
import type { Proposal } from '../init/propose.js';
import type { Target } from '../postgres/server.js';
import type { Report } from '../report/report.js';

/** What the database told, where there is one. */
interface Seen {
  target: Target | null;
  proposal: Proposal | undefined;
}

/** `tenantctl init`. */
export default class Init extends BaseCommand {
  static override summary = 'look at a database and write a configuration for it';
  static override description =
    "Concludes from keys, column names, policies and grants which table holds the tenants, by which column the others refer to it, which setting names the tenant, and which role is the application's; writes that as tenantctl.config.ts, with what it saw as comments. Reads only; without a database it writes what to fill in.";
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --output tenantctl.config.ts --force',
  ];
  static override flags = {
    ...databaseFlags,
    output: Flags.string({ summary: 'the file to write', helpValue: 'FILE', default: 'tenantctl.config.ts' }),
    force: Flags.boolean({ summary: 'write over a configuration that is there' }),
    'dry-run': dryRunFlag,
  };

  protected async execute(): Promise<Report> {
    const { flags } = await this.parse(Init);
    const [{ configSource }, { initReport }, { writeConfig }, { CONFIG_NAMES }] = await Promise.all([
      import('../init/source.js'),
      import('../init/report.js'),
      import('../init/write.js'),
      import('../config/find.js'),
    ]);
    const { target, proposal } = await this.#look(flags);
    const checks = await access(join(process.cwd(), 'checks')).then(
      () => true,
      () => false,
    );
    const source = configSource(proposal, { embedded: target?.embedded ?? false, checks });
    const path = resolve(flags.output);
    const dryRun = flags['dry-run'];
    if (!dryRun) await writeConfig(path, source, { force: flags.force, names: CONFIG_NAMES });
    return initReport(target, { path, written: !dryRun, dryRun, source, proposal: proposal ?? null });
  }

  async #look(flags: Parameters<Init['withWorkspace']>[0]): Promise<Seen> {
    try {
      return await this.withWorkspace(flags, async ({ database }) => {
        const [{ propose }, { readCatalog }, { withTransaction }] = await Promise.all([
          import('../init/propose.js'),
          import('../catalog/read.js'),
          import('../postgres/transaction.js'),
        ]);
        const snapshot = await database.connect((client) =>
          withTransaction(client, 'repeatable read, read only', () => readCatalog(client)),
        );
        return { target: database.target, proposal: await propose(snapshot) };
      });
    } catch (error) {
      if (error instanceof TenantctlError && error.code === 'NO_DATABASE')
        return { target: null, proposal: undefined };
      throw error;
    }
  }
}
