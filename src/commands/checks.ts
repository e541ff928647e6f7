import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';
import type { Report } from '../report/report.js';

/** `tenantctl checks`. */
export default class Checks extends BaseCommand {
  static override summary = 'list what verify-tenancy looks for, or explain one check';
  static override description =
    'Needs neither a configuration nor a database. An error is a hole that the application can use, a warn a weakness, an info a remark; who is affected may change that for a single finding.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> rls-not-forced',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override args = {
    id: Args.string({ description: 'the check to explain, as findings name it' }),
  };

  protected async execute(): Promise<Report> {
    const { args } = await this.parse(Checks);
    const { checkReport, checksReport } = await import('../verifier/report/checks-report.js');
    return args.id === undefined ? checksReport() : checkReport(args.id);
  }
}
