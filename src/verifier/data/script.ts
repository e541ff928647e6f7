import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TenantctlError } from '../../errors.js';
import type { CheckInfo } from '../check.js';
import type { Severity } from '../finding.js';

/** A check of the team's own: one .sql file whose query returns what is wrong. */
export interface Script extends CheckInfo {
  file: string;
  sql: string;
  /** What to do about it, in words. */
  remedy: string | undefined;
}

const SEVERITIES: readonly string[] = ['error', 'warn', 'info'] satisfies Severity[];

/**
 * Reads the team's checks, in the order of their names.
 *
 * @throws TenantctlError usage: no such directory, or a file that is not one SELECT with a valid header
 */
export async function readScripts(directory: string): Promise<Script[]> {
  const files = await readdir(directory).catch((cause: unknown) => {
    throw new TenantctlError({
      kind: 'usage',
      code: 'CHECKS_DIRECTORY',
      message: `Cannot read the checks in ${directory} (tenancy.checks): there is no such directory, or it may not be read.`,
      hint: 'make the directory, or take tenancy.checks out of the configuration',
      cause,
    });
  });
  const scripts = files.filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(scripts.map((name) => readScript(directory, name)));
}

async function readScript(directory: string, name: string): Promise<Script> {
  const file = join(directory, name);
  const sql = await readFile(file, 'utf8');
  const header = await readHeader(file, sql);
  const severity = header.get('severity') ?? 'error';
  if (!isSeverity(severity))
    throw invalid(file, `severity is "${severity}"`, 'severity: error, warn or info');
  const id = `script:${name.replace(/\.sql$/, '')}`;
  const title = header.get('title') ?? name;
  const remedy = header.get('remedy');
  return { id, family: 'data', title, severity, explanation: `${title}. From ${file}.`, file, sql, remedy };
}

/** `-- title: …`, `-- severity: …` and `-- remedy: …` before the query. */
async function readHeader(file: string, sql: string): Promise<Map<string, string>> {
  const { parse, scan } = await import('libpg-query');
  const parsed = await parse(sql).catch((cause: Error) => {
    throw invalid(file, cause.message, 'run the file with psql to see where');
  });
  const statements = parsed.stmts ?? [];
  const [first] = statements;
  const select = first?.stmt && 'SelectStmt' in first.stmt ? first.stmt.SelectStmt : undefined;
  if (statements.length !== 1 || !select || select.intoClause) {
    const cause = `it must hold exactly one SELECT, and holds ${statements.length} statements`;
    throw invalid(file, cause, 'one SELECT per file, each row of which is a finding');
  }
  const { tokens } = await scan(sql);
  const end = tokens.findIndex((token) => token.tokenName !== 'SQL_COMMENT');
  const comments = tokens.slice(0, end).map((token) => token.text.replace(/^--\s*/, ''));
  return new Map(
    comments.flatMap((comment): [string, string][] => {
      const at = comment.indexOf(':');
      return at < 0 ? [] : [[comment.slice(0, at).trim().toLowerCase(), comment.slice(at + 1).trim()]];
    }),
  );
}

function isSeverity(text: string): text is Severity {
  return SEVERITIES.includes(text);
}

export function invalid(file: string, cause: string, hint: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'CHECK_INVALID',
    message: `Cannot use the check ${file}: ${cause}.`,
    hint,
  });
}
