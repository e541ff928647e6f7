import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export const CONFIG_NAMES = ['ts', 'mts', 'js', 'mjs', 'cjs', 'json'].map((ext) => `tenantctl.config.${ext}`);

/** The nearest configuration file from `start` upwards, or undefined. */
export async function findConfig(start: string): Promise<string | undefined> {
  for (let directory = start; ; directory = dirname(directory)) {
    for (const name of CONFIG_NAMES) {
      const path = join(directory, name);
      if (await exists(path)) return path;
    }
    if (dirname(directory) === directory) return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
