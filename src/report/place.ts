import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * A file as its repository names it, with forward slashes: what GitHub and GitLab know it by. Outside of a repository, by
 * its name alone.
 */
export function placeInRepository(file: string): string {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) return relative(directory, file).split(sep).join('/');
    if (directory === dirname(directory)) return relative(dirname(file), file);
  }
}
