import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { execute } from '@oclif/core/execute';
import { reportEarlyEnds } from './guard.js';
import { installRedaction } from './output.js';

/** Runs the command line of this process; what bin/ calls. */
export async function start(options: { dir: string; development?: boolean }): Promise<void> {
  installRedaction(process.argv.slice(2), process.env);
  surviveClosedPipes();
  reportEarlyEnds();
  optimizeLate();
  await execute({ ...options, loadOptions: await loadOptions(options.dir) });
  await end();
}

/**
 * Ends the process once everything is said. Left to end by itself, Node takes its heap apart, and takes its signal handlers
 * away before: a second signal in that moment would take the exit code along.
 */
async function end(): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit();
}

/** What a pipe has no room for waits until somebody reads; where nobody does any more, that is over, too. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
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
 * V8 counts how far each function comes, and optimizes those that come far, on a processor that the server could have used.
 * A run is over before most of that pays: of a probe's own work it was a third. So with Node 20 JavaScript has to come
 * 15 times as far, which takes milliseconds; as of Node 22 V8 counts calls instead.
 *
 * Of WebAssembly, jumps back are counted, and the SQL parser's main loop is a hundred kilobytes long: the second text would
 * already set it off, which keeps a processor busier than hundreds of texts do, and the process from ending. With this
 * budget it takes about a hundred.
 */
function optimizeLate(): void {
  const node = Number.parseInt(process.versions.node, 10);
  // V8 complains about flags that it does not know, which a later version may come to.
  if (node <= 24) setFlagsFromString('--wasm-tiering-budget=2000000000');
  if (node === 20) setFlagsFromString('--interrupt-budget=1000000');
}
