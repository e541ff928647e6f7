import type { Report } from '../report/report.js';

const DEFAULT_WIDTH = 80;

/** What reports are drawn with; asked for ahead, it is there when the report is. */
export function loadPens() {
  return Promise.all([import('../report/terminal.js'), import('chalk')]);
}

/** Writes a report for people; colour follows NO_COLOR, FORCE_COLOR and whether the stream is a terminal. */
export async function showReport(report: Report, stream: NodeJS.WriteStream): Promise<void> {
  const [{ renderTerminal }, { Chalk, supportsColor, supportsColorStderr }] = await loadPens();
  const support = stream === process.stdout ? supportsColor : supportsColorStderr;
  const level = process.env.NO_COLOR || !support ? 0 : support.level;
  const width = stream.isTTY && stream.columns ? stream.columns : DEFAULT_WIDTH;
  stream.write(await renderTerminal(report, new Chalk({ level }), width, stream.isTTY));
}
