import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ICruiseResult } from 'dependency-cruiser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ROOT } from './support/cli.js';

const run = promisify(execFile);
const rules = createRequire(import.meta.url)(`${ROOT}.dependency-cruiser.cjs`) as {
  forbidden: { name: string }[];
};

/** One wrong import for each rule: the rule, the file it stands in, and the file's text. */
const PLANTS: [rule: string, file: string, text: string][] = [
  ['no-import-upwards-from-cli', 'src/cli/planted.ts', "import '../commands/create-app-role.js';"],
  ['no-import-upwards-from-engines', 'src/config/upwards.ts', "import '../cli/exit-codes.js';"],
  ['no-import-upwards-from-report', 'src/report/upwards.ts', "import '../config/find.js';"],
  ['no-import-upwards-from-tenancy', 'src/tenancy/upwards.ts', "import '../report/report.js';"],
  ['no-import-upwards-from-catalog', 'src/catalog/planted.ts', "import '../tenancy/model.js';"],
  [
    'no-import-upwards-from-postgres',
    'src/postgres/planted.ts',
    "export const x = () => import('../catalog/roles.js');",
  ],
  ['no-engine-from-migrator', 'src/migrator/planted.ts', "import '../verifier/finding.js';"],
  ['no-engine-from-seeder', 'src/seeder/planted.ts', "import '../verifier/finding.js';"],
  ['no-engine-from-verifier', 'src/verifier/planted.ts', "import '../app-role/role-name.js';"],
  ['no-engine-from-backfill', 'src/backfill/planted.ts', "import '../verifier/finding.js';"],
  ['no-engine-from-app-role', 'src/app-role/planted.ts', "import '../verifier/finding.js';"],
  ['no-engine-from-init', 'src/init/planted.ts', "import '../verifier/finding.js';"],
  ['config-imports-no-engine', 'src/config/planted.ts', "import '../verifier/finding.js';"],
  ['leaves-import-no-room', 'src/planted.ts', "import './postgres/settings.js';"],
  ['only-postgres-talks-to-postgres', 'src/tenancy/planted.ts', "export const x = () => import('pg');"],
  [
    'only-cli-and-commands-know-oclif',
    'src/report/planted.ts',
    "import chalk from 'chalk';\nexport default chalk;",
  ],
  ['no-cycles', 'src/seeder/cycle.ts', "import './cycle.js';"],
];

async function depcruise(directory: string): Promise<ICruiseResult> {
  const program = `${ROOT}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`;
  const args = ['src', 'bin', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const { stdout } = await run(process.execPath, [program, ...args], { cwd: directory, maxBuffer: 1e9 });
  return JSON.parse(stdout) as ICruiseResult;
}

/** Modules whose loading is felt at the start of every command. */
const HEAVY = /node_modules\/(zod|inquirer|knex|pg|libpg-query|jiti|cli-table3|cli-progress|chalk|tarn)\//;

/** Heavy modules that a command loads before it runs, as 'importer → module'. */
function loadedAtStart({ modules }: ICruiseResult): string[] {
  const bySource = new Map(modules.map((module) => [module.source, module]));
  const reached = new Set([...bySource.keys()].filter((file) => /^src\/(commands|cli)\//.test(file)));
  const heavy: string[] = [];
  for (const file of reached) {
    for (const { resolved, dynamic, dependencyTypes } of bySource.get(file)?.dependencies ?? []) {
      // In an ES module, require() is a function's, and loads when that is called.
      if (dynamic || dependencyTypes.some((type) => type === 'type-only' || type === 'require')) continue;
      if (HEAVY.test(resolved)) heavy.push(`${file} → ${resolved}`);
      if (resolved.startsWith('src/')) reached.add(resolved);
    }
  }
  return heavy;
}

describe('imports point one way', () => {
  it('and do: no rule is broken', async () => {
    const result = await depcruise(ROOT);
    const { summary, modules } = result;
    expect(summary.violations).toEqual([]);
    expect(loadedAtStart(result)).toEqual([]);
    // With a TypeScript that it does not know, dependency-cruiser sees no imports and finds nothing wrong.
    const cli = modules.find(({ source }) => source === 'src/cli/base-command.ts');
    expect(cli?.dependencies.map(({ resolved }) => resolved)).toContain('src/postgres/database.ts');
  }, 60_000);

  it('and a wrong import of each kind is found', async () => {
    const copy = await mkdtemp(path.join(tmpdir(), 'imports-'));
    onTestFinished(() => rm(copy, { recursive: true }));
    for (const name of ['src', 'bin', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
      await cp(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    }
    await symlink(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
    for (const [, file, text] of PLANTS) await writeFile(path.join(copy, file), text);
    await writeFile(path.join(copy, 'src/commands/planted.ts'), "import '../config/schema.js';");
    const result = await depcruise(copy);
    expect(loadedAtStart(result)).toEqual([
      expect.stringMatching(/^src\/config\/schema\.ts → .*node_modules\/zod\//),
    ]);
    const found = result.summary.violations.map(({ rule, from }) => `${rule.name} in ${from}`);
    expect(found).toEqual(expect.arrayContaining(PLANTS.map(([rule, file]) => `${rule} in ${file}`)));
    expect(new Set(PLANTS.map(([rule]) => rule))).toEqual(new Set(rules.forbidden.map(({ name }) => name)));
  }, 60_000);
});

it('the code passes the linter', async () => {
  await run(
    process.execPath,
    [`${ROOT}node_modules/@biomejs/biome/bin/biome`, 'check', '--error-on-warnings', '.'],
    {
      cwd: ROOT,
    },
  );
}, 60_000);
