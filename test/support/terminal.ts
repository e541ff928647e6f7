import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { type CliResult, cleanEnvironment, finished, ROOT } from './cli.js';

/** What is typed once a text has appeared. */
export interface Answer {
  after: string;
  type: string;
}

export const ENTER = '\r';
export const CTRL_C = '\u0003';

/**
 * Runs the built CLI on a terminal of its own, made by `script` (bsdutils, part of every Debian), and types answers.
 *
 * @returns everything the terminal showed, as `stdout`, without control characters
 */
export async function runOnTerminal(
  args: readonly string[],
  answers: readonly Answer[],
  options: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<CliResult> {
  const command = [process.execPath, `${ROOT}bin/run.js`, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd: options.cwd ?? ROOT,
    env: { ...cleanEnvironment(), SHELL: '/bin/sh', TERM: 'xterm', ...options.env },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  let seen = '';
  const left = [...answers];
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    const [next] = left;
    if (!next || !seen.includes(next.after)) return;
    left.shift();
    seen = '';
    child.stdin.write(next.type);
  });
  const result = await finished(child);
  clearTimeout(timer);
  return { ...result, stdout: stripVTControlCharacters(result.stdout) };
}
