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
  await execute(options);
  exitIfSignalled();
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
 * Node 20 optimizes WebAssembly that has run for an instant: of the SQL parser two functions of a hundred kilobytes each, which
 * keeps a processor busier than all that is parsed, and the process from ending. With the patience of Node 22 and later.
 */
function leaveParserPlain(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--wasm-tiering-budget=13000000');
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
