import { Console } from 'node:console';
import { EXIT_CODES } from './exit-codes.js';
import { redactor } from './output.js';

/** A command is at work: the user's own files may be, in this very process. */
let working = false;

/**
 * Runs a command so that the user's own files can neither end it as if it were done, nor write into the document that is
 * to be all of stdout.
 */
export async function guarded<T>(command: () => Promise<T>): Promise<T> {
  // Not each method by itself: libraries that such files load keep the console that they found.
  globalThis.console = new Console(process.stderr);
  working = true;
  try {
    return await command();
  } finally {
    working = false;
  }
}

/** Whatever ends the process before its command is done is told, and is no success. */
export function reportEarlyEnds(): void {
  // Node itself would print an uncaught error past the redactor.
  process.on('uncaughtException', (error, origin) => {
    const text = error.stack ?? redactor.redact(String(error));
    process.stderr.write(
      working && origin === 'unhandledRejection'
        ? `Error: Cannot go on: a promise was rejected that nobody waits for: ${text}\n${AWAIT}`
        : `Error: this is a bug in tenantctl: ${text}\n`,
    );
    working = false;
    process.exit(EXIT_CODES.bug.code);
  });
  process.on('exit', () => {
    if (!working) return;
    process.stderr.write(
      'Error: Cannot go on: a file called process.exit() before its command was done.\n' +
        'Try: take it out of the migration, seed or configuration; `tenantctl status` says what stands\n',
    );
    process.exitCode = EXIT_CODES['step-failed'].code;
  });
}

const AWAIT =
  'Try: await (or return) every promise in your migrations and seeds; if all are, this is a bug in tenantctl: please report it\n';
