import type { Report } from '../report/report.js';
import type { ReportTarget } from '../report/reports.js';
import { redacted } from './redacted.js';
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
  if (targets.length === 0 && !stream) return;
  // Here, and not only on the streams: a secret that was escaped, or broken into two lines, is found no more.
  const safe = redacted(report);
  const printed = targets.find(({ file }) => file === undefined);
  if (targets.length > 0) {
    const { renderReport, writeReports } = await import('../report/reports.js');
    await writeReports(safe, targets);
    if (printed) process.stdout.write(await renderReport(safe, printed.format));
  }
  if (stream) await showReport(safe, printed ? process.stderr : stream);
}
