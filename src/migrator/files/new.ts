import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationsConfig } from '../../config/config.js';
import { TenantctlError } from '../../errors.js';
import { listSources } from '../../source-files.js';
import { type ScaffoldOptions, scaffold } from './scaffold.js';

export interface NewOptions extends ScaffoldOptions {
  migrations: MigrationsConfig;
  dryRun: boolean;
}

/** What `migrate new` wrote; the fields of its JSON document. */
export interface NewResult {
  dryRun: boolean;
  path: string;
  text: string;
}

/**
 * Writes a new migration into the first of the directories.
 *
 * @throws TenantctlError usage: a name without a letter or digit, one that sorts before a file that is there, a directory
 *   that cannot be written to
 */
export async function newMigration(options: NewOptions): Promise<NewResult> {
  const { migrations, name, dryRun } = options;
  if (!/[\p{L}\p{N}]/u.test(name)) {
    throw unusable(name, 'expected words such as create_rooms', 'tenantctl migrate new create_rooms');
  }
  const [directory = '.'] = migrations.directories;
  const last = await lastFile(migrations.directories);
  const { file, text } = scaffold(options, last);
  if (last !== undefined && file < last) {
    throw unusable(name, `it would come before ${last}`, 'name the file by hand, so that it comes last');
  }
  const path = join(directory, file);
  try {
    if (!dryRun) await mkdir(directory, { recursive: true });
    if (!dryRun) await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    throw unusable(name, error instanceof Error ? error.message : String(error), `check ${directory}`);
  }
  return { dryRun, path, text };
}

async function lastFile(directories: readonly string[]): Promise<string | undefined> {
  const there = directories.filter((directory) => existsSync(directory));
  return (await listSources(there, 'migrations')).at(-1)?.file;
}

function unusable(name: string, cause: string, hint: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'NEW_MIGRATION',
    message: `Cannot make the migration ${JSON.stringify(name)}: ${cause}.`,
    hint,
  });
}
