import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A directory for one test, removed after it.
 *
 * @param options.mode 0755 by default, so that the account that root runs servers as can enter
 */
export async function temporaryDirectory(options: { name?: string; mode?: number } = {}): Promise<string> {
  const made = await mkdtemp(path.join(await realpath(tmpdir()), options.name ?? 'tenantctl-'));
  await chmod(made, options.mode ?? 0o755);
  onTestFinished(() => rm(made, { recursive: true, force: true, maxRetries: 3 }));
  return made;
}
