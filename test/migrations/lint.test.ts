import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { LintFinding } from '../../src/migrator/lint/finding.js';
import { type MigrateOptions, migrate } from '../../src/migrator/migrate.js';
import { auditKeysAhead } from '../../src/verifier/ahead.js';
import { freshDatabase } from '../migrator/fixture.js';
import { databaseAt } from '../support/connect.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Migrates up to each of these files in turn; what the lint finds that nobody has waived. */
async function lintOf(directory: string, steps: readonly string[]): Promise<LintFinding[]> {
  const { config } = await loadConfig({ cwd: directory, env: {} });
  const db = await freshDatabase();
  const common: MigrateOptions = {
    migrations: config.migrations,
    lint: { level: 'error', tenancy: config.tenancy, auditKeys: auditKeysAhead },
    ...{ lockWaitMs: 1_000, onEvent: () => {} },
  };
  const found: LintFinding[] = [];
  for (const to of steps) {
    const { lint } = await migrate(await databaseAt(db.url), { ...common, to });
    found.push(...lint.findings.filter(({ waived }) => waived === null));
  }
  return found;
}

describe.each(['.', 'examples/learning', 'examples/clinic'])('the migrations of %s', (folder) => {
  const directory = path.join(ROOT, folder);

  it('have no finding without a reason, all at once or one by one on tables that are in use', async () => {
    const files = (await readdir(path.join(directory, 'migrations')))
      .filter((file) => /^\d/.test(file))
      .sort();
    expect(await lintOf(directory, files.slice(-1))).toEqual([]);
    expect(await lintOf(directory, files)).toEqual([]);
  });
});
