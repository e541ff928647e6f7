import { writeFile } from 'node:fs/promises';
import { TenantctlError } from '../errors.js';
import { renderMarkdown } from './markdown.js';
import type { Report } from './report.js';

const RENDERERS = { markdown: renderMarkdown } satisfies Record<string, (report: Report) => string>;

type Format = keyof typeof RENDERERS;

/** A file that a report is written to, besides what is printed. */
export interface ReportTarget {
  format: Format;
  file: string;
}

/**
 * Reads `FORMAT=FILE`.
 *
 * @throws TenantctlError usage, where the format is not known or no file is named
 */
export function parseReportTargets(texts: readonly string[]): ReportTarget[] {
  return texts.map((text) => {
    const at = text.indexOf('=');
    const format = text.slice(0, Math.max(at, 0));
    const file = text.slice(at + 1);
    if (isFormat(format) && file !== '') return { format, file };
    throw new TenantctlError({
      kind: 'usage',
      code: 'BAD_REPORT',
      message: `Cannot write the report ${JSON.stringify(text)}: expected FORMAT=FILE, where FORMAT is ${Object.keys(RENDERERS).join(', ')}.`,
      hint: '--report markdown=tenancy.md',
    });
  });
}

function isFormat(text: string): text is Format {
  return Object.hasOwn(RENDERERS, text);
}

/**
 * Writes a report to files, over what is there.
 *
 * @throws TenantctlError usage, where a file cannot be written
 */
export async function writeReports(report: Report, targets: readonly ReportTarget[]): Promise<void> {
  for (const { format, file } of targets) {
    await writeFile(file, RENDERERS[format](report)).catch((cause: Error) => {
      throw new TenantctlError({
        kind: 'usage',
        code: 'REPORT_UNWRITABLE',
        message: `Cannot write the report ${file}: ${cause.message}.`,
        hint: 'check that the directory exists and may be written to',
        cause,
      });
    });
  }
}
