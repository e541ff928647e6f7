import { execFile } from 'node:child_process';
import { cp, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/cli.js';

/**
 * As npm installs the package: with the manifest, and bundled, as a checkout is not.
 *
 * @returns the program
 */
export async function install(directory: string): Promise<string> {
  for (const name of ['bin', 'src', 'dist', 'package.json']) {
    await cp(ROOT + name, path.join(directory, name), { recursive: true });
  }
  await symlink(`${ROOT}node_modules`, path.join(directory, 'node_modules'));
  for (const script of ['manifest', 'bundle']) {
    await promisify(execFile)(process.execPath, [path.join(directory, `bin/${script}.js`)]);
  }
  return path.join(directory, 'bin/run.js');
}
