import type { Report } from '../report/report.js';
import type { ReportTarget } from '../report/reports.js';
import { redactor } from './output.js';
import { showReport } from './show.js';

/**
 * Writes a report where it is asked for, and shows it to a person. stdout holds one document: where a report goes there,
 * the text for people goes to stderr.
 *
 * @param stream for people; undefined where stdout is for the `--json` document
 * @throws TenantctlError usage, where a file cannot be written
 */
export async function deliver(
  report: Report,
  targets: readonly ReportTarget[],
  stream: NodeJS.WriteStream | undefined,
): Promise<void> {
  const printed = targets.find(({ file }) => file === undefined);
  if (targets.length > 0) {
    const [{ mapStrings }, { renderReport, writeReports }] = await Promise.all([
      import('../report/redact.js'),
      import('../report/reports.js'),
    ]);
    const redacted = mapStrings(report, (text) => redactor.redact(text));
    await writeReports(redacted, targets);
    if (printed) process.stdout.write(await renderReport(redacted, printed.format));
  }
  if (stream) await showReport(report, printed ? process.stderr : stream);
}
