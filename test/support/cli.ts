import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CliOptions {
  /** Added to an otherwise clean environment: nothing of the developer's DATABASE_URL, PG*, CI or NO_COLOR. */
  env?: Readonly<Record<string, string>>;
  /** Working directory; the repository by default, whose tenantctl.config.ts then applies. */
  cwd?: string;
  /** Another installation's bin/run.js instead of this checkout's. */
  program?: string;
  /** The OS user to run as, where this process is root. */
  account?: { uid: number; gid: number };
  /** Written to stdin, which is then closed; it is never a TTY. */
  input?: string;
  /** Sent once this long after the start. */
  signal?: { name: NodeJS.Signals; afterMs: number };
  /** Killed after this long; a hanging command must not hang the suite. */
  timeoutMs?: number;
}

export interface CliResult {
  /** null where a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs the built CLI to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawnCli(args, options);
  child.stdin.end(options.input ?? '');
  const timers = [setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000)];
  const { signal } = options;
  if (signal) timers.push(setTimeout(() => child.kill(signal.name), signal.afterMs));
  try {
    return await finished(child);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Starts the built CLI; for tests that watch it, signal it, or run two at a time. */
export function spawnCli(
  args: readonly string[],
  options: Pick<CliOptions, 'env' | 'cwd' | 'program' | 'account'> = {},
): ChildProcessWithoutNullStreams {
  if (!existsSync(`${ROOT}dist`)) throw new Error('dist/ is missing: npm run build');
  // What a library is about to take away is an error; what others do of the kind is their own affair.
  const strict = options.program === undefined && { NODE_OPTIONS: '--throw-deprecation' };
  return spawn(process.execPath, [options.program ?? `${ROOT}bin/run.js`, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...cleanEnvironment(), ...strict, ...options.env },
    ...options.account,
  });
}

/** Collects a child's output until it has ended and its streams are closed. */
export async function finished(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A command that ends without reading its input closes the pipe under us.
  child.stdin.on('error', () => undefined);
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
}

/** PATH and home, and nothing that steers tenantctl. */
export function cleanEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(kept);
}
