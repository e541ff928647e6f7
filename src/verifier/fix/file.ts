import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TenantctlError } from '../../errors.js';
import type { Finding } from '../finding.js';
import { type Fixable, type FixStep, planFixes } from './plan.js';
import type { FixStatement } from './statement.js';

/** What `--fix` wrote. */
export interface WrittenFixes {
  /** In the order in which they are to run; none where no finding has a fix. */
  files: string[];
  /** How many statements they hold. */
  statements: number;
  /** Keys of what only a person can mend. */
  byHand: string[];
}

/**
 * Refuses a file that the fixes cannot be written to, before the work begins.
 *
 * @throws TenantctlError usage: no .sql file, or one that is there
 */
export function refuseFixFile(file: string): void {
  if (!file.endsWith('.sql'))
    throw unusable(file, 'a migration of SQL ends in .sql', 'name it so that it comes last');
  const there = [file, apartFile(file)].find((path) => existsSync(path));
  if (there !== undefined) throw unusable(there, 'it is there already', 'name another file, or remove it');
}

/** What is to run outside a transaction comes after, in a file of its own. */
function apartFile(file: string): string {
  return file.replace(/\.sql$/, '_online.sql');
}

/**
 * Writes the fixes of what is not waived as migrations: one for what can run in one transaction, one for the rest.
 *
 * @throws TenantctlError usage, where a file is there or cannot be written
 */
export async function writeFixes(file: string, result: Fixable): Promise<WrittenFixes> {
  const { together, apart, byHand } = await planFixes(result);
  const files: { path: string; text: string }[] = [];
  if (together.length > 0) files.push({ path: file, text: fileOf('', together, byHand) });
  if (apart.length > 0) {
    const [path, rest] = together.length > 0 ? [apartFile(file), []] : [file, byHand];
    files.push({ path, text: fileOf(' transaction:false', apart, rest) });
  }
  for (const { path, text } of files) {
    const written = mkdir(dirname(path), { recursive: true }).then(() =>
      writeFile(path, text, { flag: 'wx' }),
    );
    await written.catch((cause: Error) => {
      throw unusable(path, cause.message, 'check that the directory may be written to');
    });
  }
  return {
    files: files.map(({ path }) => path),
    statements: [...together, ...apart].reduce((sum, step) => sum + step.statements.length, 0),
    byHand: byHand.map(({ key }) => key),
  };
}

function fileOf(option: string, steps: readonly FixStep[], byHand: readonly Finding[]): string {
  return `${[
    comment('Fixes of what `tenantctl verify-tenancy` found. Read them, then run `tenantctl migrate`.'),
    `-- migrate:up${option}`,
    ...steps.map(({ finding, statements }) => [titleOf(finding), ...statements.flatMap(linesOf)].join('\n')),
    ...(byHand.length > 0 ? [comment('Only a person can mend the following.')] : []),
    ...byHand.map((finding) =>
      [titleOf(finding), ...(finding.remedy === undefined ? [] : [comment(`Try: ${finding.remedy}`)])].join(
        '\n',
      ),
    ),
    '-- migrate:down',
    `${comment('What was closed stays closed. Write the way back here, if there has to be one.')}\nSELECT 1;`,
  ].join('\n\n')}\n`;
}

function linesOf({ text, waives }: FixStatement): string[] {
  return [
    ...(waives === undefined ? [] : [comment(`tenantctl:allow ${waives}: ${NO_OTHER_WAY}`)]),
    `${text};`,
  ];
}

const NO_OTHER_WAY = 'PostgreSQL has no way here that keeps nobody waiting; run it in a quiet hour';

function titleOf({ key, detail }: Finding): string {
  return comment(`${key}: ${detail}`);
}

/** On one line, whatever names from the database hold: what follows a line break would be SQL. */
function comment(text: string): string {
  return `-- ${text.replaceAll(/\s+/g, ' ')}`;
}

function unusable(file: string, cause: string, hint: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'FIX_FILE',
    message: `Cannot write the fixes to ${file}: ${cause}.`,
    hint,
  });
}
