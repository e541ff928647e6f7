import { access, constants, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TenantctlError } from '../errors.js';
import type { Report } from './report.js';

type Renderer = (report: Report) => string | Promise<string>;

const RENDERERS = {
  table: async (report) => {
    const { PLAIN, renderTerminal } = await import('./terminal.js');
    return renderTerminal(report, PLAIN, TEXT_COLUMNS);
  },
  json: ({ document }) => `${JSON.stringify(document, null, 2)}\n`,
  junit: async (report) => (await import('./junit.js')).renderJunit(report),
  sarif: async (report) => (await import('./sarif.js')).renderSarif(report),
  markdown: async (report) => (await import('./markdown.js')).renderMarkdown(report),
  github: async (report) => (await import('./github.js')).renderGithub(report),
} satisfies Record<string, Renderer>;

const TEXT_COLUMNS = 80;

type Format = keyof typeof RENDERERS;
export const FORMATS = Object.keys(RENDERERS) as Format[];

/** A report besides the one that a person reads in the terminal. */
export interface ReportTarget {
  format: Format;
  /** undefined for stdout. */
  file: string | undefined;
}

/**
 * Reads `FORMAT=FILE` and `FORMAT`, which is for stdout.
 *
 * @throws TenantctlError usage: a format that is not known, two reports for stdout, a directory that cannot be written to
 */
export async function parseReportTargets(texts: readonly string[]): Promise<ReportTarget[]> {
  const targets = texts.map(parseTarget);
  const printed = targets.filter(({ file }) => file === undefined).map(({ format }) => format);
  if (printed.length > 1) throw onlyOne(printed);
  for (const { file } of targets) {
    // Before minutes of work, whose outcome would then be lost.
    if (file !== undefined) await access(dirname(file), constants.W_OK).catch((cause) => refuse(file, cause));
  }
  return targets;
}

function parseTarget(text: string): ReportTarget {
  const at = text.indexOf('=');
  const format = at < 0 ? text : text.slice(0, at);
  const file = at < 0 ? undefined : text.slice(at + 1);
  if (isFormat(format) && file !== '') return { format, file };
  throw new TenantctlError({
    kind: 'usage',
    code: 'BAD_REPORT',
    message: `Cannot write the report ${JSON.stringify(text)}: expected FORMAT or FORMAT=FILE, where FORMAT is ${FORMATS.join(', ')}.`,
    hint: '--report sarif=tenancy.sarif',
  });
}

function isFormat(text: string): text is Format {
  return Object.hasOwn(RENDERERS, text);
}

/** Two documents on stdout are none. */
export function onlyOne(printed: readonly string[]): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'REPORTS_ON_STDOUT',
    message: `Cannot print several reports: ${printed.join(' and ')} would both go to stdout.`,
    hint: `name a file: --report ${printed.at(-1)}=FILE`,
  });
}

export async function renderReport(report: Report, format: Format): Promise<string> {
  return RENDERERS[format](report);
}

/**
 * Writes a report to the files among the targets, over what is there.
 *
 * @throws TenantctlError usage, where a file cannot be written
 */
export async function writeReports(report: Report, targets: readonly ReportTarget[]): Promise<void> {
  for (const { format, file } of targets) {
    if (file === undefined) continue;
    await writeFile(file, await renderReport(report, format)).catch((cause) => refuse(file, cause));
  }
}

function refuse(file: string, cause: Error): never {
  throw new TenantctlError({
    kind: 'usage',
    code: 'REPORT_UNWRITABLE',
    message: `Cannot write the report ${file}: ${cause.message}.`,
    hint: 'check that the directory exists and may be written to',
    cause,
  });
}
