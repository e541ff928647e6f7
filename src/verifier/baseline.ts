import { readFile, writeFile } from 'node:fs/promises';
import { TenantctlError } from '../errors.js';
import { bySeverity } from '../report/findings.js';
import type { Finding, Severity } from './finding.js';
import type { Settled } from './selection.js';

/** What a finding was when it was accepted. */
export interface BaselineEntry {
  severity: Severity;
  schema: string;
  object: string;
  detail: string;
}

/** The findings that a team lives with for now, by their keys. */
export type Baseline = Readonly<Record<string, BaselineEntry>>;

const VERSION = 1;

/**
 * Reads a baseline file.
 *
 * @param orEmpty whether there may be none yet
 * @throws TenantctlError usage, where there is none, or it is not one
 */
export async function readBaseline(file: string, { orEmpty }: { orEmpty: boolean }): Promise<Baseline> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (orEmpty && cause.code === 'ENOENT') return undefined;
    throw unusable(file, cause.code === 'ENOENT' ? 'there is no such file' : cause.message, cause);
  });
  if (text === undefined) return {};
  const { baselineSchema } = await import('./baseline-schema.js');
  try {
    return baselineSchema(VERSION).parse(JSON.parse(text)).findings;
  } catch (cause) {
    throw unusable(file, 'it is not a baseline of this version', cause);
  }
}

/**
 * Writes a baseline file: sorted by key, so that a change of it reads well in a merge request.
 *
 * @throws TenantctlError usage, where it cannot be written
 */
export async function writeBaseline(file: string, baseline: Baseline): Promise<void> {
  const findings = Object.fromEntries(Object.entries(baseline).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = `${JSON.stringify({ version: VERSION, findings }, null, 2)}\n`;
  await writeFile(file, text).catch((cause: Error) => {
    throw unusable(file, cause.message, cause);
  });
}

/** Everything that could fail a gate now, and what this run could not look at. */
export function baselineOf(findings: readonly Finding[], before: Baseline, settled: Settled): Baseline {
  const kept = Object.entries(before).filter(([key]) => !settled(key));
  const found = findings
    .filter(({ severity, waived }) => severity !== 'info' && !waived)
    .map(({ key, severity, schema, object, detail }) => [key, { severity, schema, object, detail }] as const);
  return Object.fromEntries([...kept, ...found]);
}

/** Marks what is in the baseline; what has become worse since is new. */
export function applyBaseline(findings: readonly Finding[], baseline: Baseline): Finding[] {
  return findings.map((finding) => {
    const entry = Object.hasOwn(baseline, finding.key) ? baseline[finding.key] : undefined;
    return entry && bySeverity(entry, finding) <= 0 ? { ...finding, baselined: true } : finding;
  });
}

/** Keys of entries that are found no more: they can be taken out. */
export function goneFrom(baseline: Baseline, findings: readonly Finding[], settled: Settled): string[] {
  const found = new Set(findings.map(({ key }) => key));
  return Object.keys(baseline)
    .filter((key) => !found.has(key) && settled(key))
    .sort();
}

function unusable(file: string, cause: string, error: unknown): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'BASELINE_UNUSABLE',
    message: `Cannot use the baseline ${file}: ${cause}.`,
    hint: `tenantctl verify-tenancy --baseline ${file} --update-baseline writes it from what is found now`,
    cause: error,
  });
}
