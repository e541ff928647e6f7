import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { execute } from '@oclif/core';
import { EXIT_CODES } from './exit-codes.js';
import { installRedaction, redactor } from './output.js';
import { exitIfSignalled } from './signals.js';

/** Runs the command line of this process; what bin/ calls. */
export async function start(options: { dir: string; development?: boolean }): Promise<void> {
  installRedaction(process.argv.slice(2), process.env);
  surviveClosedPipes();
  reportCrashes();
  leaveParserPlain();
  await execute({ ...options, loadOptions: await loadOptions(options.dir) });
  exitIfSignalled();
}

/** oclif's plugins are for `help` and `autocomplete` and the list of all commands; the others begin sooner without them. */
async function loadOptions(dir: string) {
  const root = fileURLToPath(new URL('..', dir));
  const [command = ''] = process.argv.slice(2);
  if (!existsSync(join(root, 'dist/commands', `${command}.js`))) return root;
  const pjson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return { root, pjson: { ...pjson, oclif: { ...pjson.oclif, plugins: [] } } };
}

/** `tenantctl status | head -1` closes the pipe early, which is no error. */
function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/**
 * V8 counts how far a WebAssembly function jumps back, and optimizes what has come far. The SQL parser's main loop is a hundred
 * kilobytes long, so that the second text already sets it off: to optimize it keeps a processor busier than hundreds of
 * texts do, and the process from ending. With this budget it takes about a hundred.
 */
function leaveParserPlain(): void {
  // V8 complains about flags that it does not know, which a later version may come to.
  if (Number.parseInt(process.versions.node, 10) <= 24)
    setFlagsFromString('--wasm-tiering-budget=2000000000');
}

/** Node itself would print an uncaught error past the redactor. */
function reportCrashes(): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(
      `Error: this is a bug in tenantctl: ${error.stack ?? redactor.redact(String(error))}\n`,
    );
    process.exit(EXIT_CODES.bug.code);
  });
}
