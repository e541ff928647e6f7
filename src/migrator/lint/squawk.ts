import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { parse as parsePath } from 'node:path';
import { text as readText } from 'node:stream/consumers';

export interface SquawkOptions {
  /** server_version_num: 150004. */
  serverVersion: number;
  inTransaction: boolean;
}

/** What squawk says of one statement: the names of its rules. */
export type Verdict = ReadonlySet<string>;

interface Violation {
  /** 0-based. */
  line: number;
  rule_name: string;
}

/** @returns undefined where there is no squawk for this platform, with the reason */
export function findSquawk(): { binary: string } | { missing: string } {
  try {
    const { getBinaryPath } = createRequire(import.meta.url)('squawk-cli/js/index.js') as {
      getBinaryPath(): string;
    };
    return { binary: getBinaryPath() };
  } catch (error) {
    return { missing: (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '' };
  }
}

/**
 * Has squawk judge statements, all in one call of about ten milliseconds: within one it knows which table or constraint is
 * new.
 *
 * @returns a verdict for each
 * @throws Error where it does not answer
 */
export async function askSquawk(
  binary: string,
  statements: readonly string[],
  { serverVersion, inTransaction }: SquawkOptions,
): Promise<Verdict[]> {
  const starts: number[] = [];
  let document = '';
  for (const statement of statements) {
    starts.push(document.split('\n').length - 1);
    // On a line of its own, since the statement may end in a comment.
    document += `${statement}\n;\n`;
  }
  const verdicts = statements.map(() => new Set<string>());
  const version = `${Math.floor(serverVersion / 10_000)}.${serverVersion % 10_000}`;
  const options = ['--reporter', 'json', '--pg-version', version];
  for (const { line, rule_name } of await run(
    binary,
    [...options, ...(inTransaction ? IN_TRANSACTION : [])],
    document,
  )) {
    verdicts[starts.findLastIndex((start) => start <= line)]?.add(rule_name);
  }
  return verdicts;
}

const IN_TRANSACTION = ['--assume-in-transaction'];

async function run(binary: string, options: readonly string[], document: string): Promise<Violation[]> {
  // Not in the working directory: a .squawk.toml there is for other uses of squawk.
  const child = spawn(binary, options, { cwd: parsePath(binary).root, stdio: 'pipe' });
  const failed = new Promise<never>((_, reject) => child.on('error', reject));
  child.stdin.on('error', () => {});
  child.stdin.end(document);
  const [output, complaint] = await Promise.race([
    Promise.all([readText(child.stdout), readText(child.stderr)]),
    failed,
  ]);
  try {
    return JSON.parse(output) as Violation[];
  } catch {
    throw new Error(complaint.trim() || 'it gave no answer');
  }
}
