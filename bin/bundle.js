// Puts the program into few files: with a file of its own for each module, finding and reading them takes longer than all
// the rest of a start. Made by `prepack` of what `npm run build` has made; the declarations stay as they are.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

/** On the way of every command. What only some need stays in its own package, and is loaded from there. */
const INLINED = ['@oclif/core', 'chalk', 'cli-table3', 'knex', 'pg', 'tarn', 'zod'];
/** What the inlined ones look for, and do without; knex's other dialects besides. */
const ABSENT = ['pg-native', 'pg-cloudflare', 'ts-node', 'tsx', 'typescript'];

/** Files that are loaded as a whole, or not at all; the first that fits. */
const CHUNKS = [
  ['pg', /node_modules\/(pg|postgres)/],
  ['table', /node_modules\/cli-table3\//],
  ['knex', /node_modules\/(knex|tarn|lodash)\//],
  // The configuration is content with zod's small half; the documents' schemas are written with all of it.
  ['zod-classic', /node_modules\/zod\/v4\/(classic\/|core\/(to-)?json-schema)/],
  ['zod', /node_modules\/zod\//],
  ['packages', /node_modules\//],
  // With zod, which a knexfile does without.
  ['schema', /src\/config\/schema\.ts$/],
  ['baseline-schema', /src\/verifier\/baseline-schema\.ts$/],
  // What only their own commands load. The verifier's questions are on their way before it is.
  ['verifier', /src\/verifier\/(?!verify\.ts|probe\/session\/identity\.ts)/],
  ['backfill', /src\/backfill\//],
  ['lint', /src\/migrator\/lint\/(?!finding\.ts)/],
  ['migrator', /src\/migrator\/(migrate\.ts|lint\/finding\.ts|(execution|files|ledger|lock|report)\/)/],
  // Without what index.ts passes on: that would be loaded with every command.
  [
    'program',
    /src\/(?!index\.ts|report\/documents\/|app-role\/|commands\/|init\/|migrator\/|postgres\/embedded\/|seeder\/)/,
  ],
];

/** Of oclif's own needs, those of help and of plugins: loaded where they are used, and not at every start. */
const SELDOM =
  /const (\w+) = (.*)require\("(cli-spinners|ejs|lilconfig|minimatch|tinyglobby|node:(?:child_process|perf_hooks|readline))"\)(.*);/g;
/** They are where oclif finds them, which need not be where this package does. */
const OF_OCLIF = 'require("node:module").createRequire(require.resolve("@oclif/core"))';
const oclifStartsSooner = {
  name: 'oclif-starts-sooner',
  transform: {
    filter: { id: /node_modules\/@oclif\/core\/lib\/.*\.js$/ },
    handler: (code) =>
      [...code.matchAll(SELDOM)]
        .reduce((text, [line, name, before, id, after]) => {
          const load = id.startsWith('node:') ? 'require' : OF_OCLIF;
          return text.replace(line, '').replaceAll(name, `${before}${load}("${id}")${after}`);
        }, code)
        // The names of commands are plain ASCII; for a language's own order Node would have to load that language.
        .replace('a.id.localeCompare(b.id)', 'a.id < b.id ? -1 : 1'),
  },
};

/** knex's own migrator and seeder, which only a file asks for that calls them: they, too, stay in their package. */
const OWN_RUNNERS = /const (?:(\w+)|\{ (\w+) \}) = require\('\.\.\/(migrations\/\w+\/\w+)'\);/g;
const knexStartsSooner = {
  name: 'knex-starts-sooner',
  transform: {
    filter: { id: /node_modules\/knex\/lib\/knex-builder\/make-knex\.js$/ },
    handler: (code) =>
      [...code.matchAll(OWN_RUNNERS)].reduce(
        (text, [line, whole, member = '', file]) =>
          text
            .replace(line, '')
            .replaceAll(
              `new ${whole ?? member}(`,
              `new (require("knex/lib/${file}")${member && `.${member}`})(`,
            ),
        code,
      ),
  },
};

/** Hardly ever run. */
const HARDLY_RUN =
  /node_modules\/(@colors|ansi-styles|color-convert|color-name|pg\/lib\/native|pgpass|split2)\//;
/** What a CommonJS module is wrapped in, below its path. */
const WRAPPER = /^(\/\/ (.*)\nvar .* __commonJSMin\(\()(\(.*\)) => \{$/gm;
/** V8 reads an arrow function twice: to find its end, and when it is called. A function in brackets is compiled at once. */
const modulesAreReadOnce = {
  name: 'modules-are-read-once',
  renderChunk: (code) =>
    code.replace(WRAPPER, (whole, name, path, parameters) =>
      HARDLY_RUN.test(path) ? whole : `${name}function${parameters} {`,
    ),
};

const root = fileURLToPath(new URL('..', import.meta.url));
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const external = Object.keys({ ...dependencies, ...optionalDependencies })
  .concat(ABSENT)
  .filter((name) => !INLINED.includes(name));

for (const file of filesIn('dist', /\.js(\.map)?$/)) rmSync(root + file);
const entries = [
  ...['src/index.ts', 'src/report/documents/index.ts', 'src/cli/start.ts'],
  ...[...filesIn('src/cli/hooks', /\.ts$/), ...filesIn('src/commands', /\.ts$/)],
];
const { output } = await build({
  cwd: root,
  input: Object.fromEntries(entries.map((file) => [file.slice('src/'.length, -'.ts'.length), file])),
  external: (id, importer) =>
    id === '../package.json' ||
    external.some((name) => `${id}/`.startsWith(`${name}/`)) ||
    id.startsWith('knex/lib/migrations/') ||
    (importer?.endsWith('knex/lib/dialects/index.js') && id.startsWith('./') && id !== './postgres'),
  platform: 'node',
  plugins: [oclifStartsSooner, knexStartsSooner, modulesAreReadOnce],
  // The entries only pass on what the files below hold.
  preserveEntrySignatures: 'allow-extension',
  // It tells which modules another one needs anyway, and so need no `await import()`.
  checks: { ineffectiveDynamicImport: false },
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    // Beside index.js: what is looked for from a module's own place is found from there, too.
    chunkFileNames: '[name].chunk.js',
    // Without what is only for readers; names stay, for those who read an error's stack.
    minify: { compress: false, mangle: { keepNames: true }, codegen: { removeWhitespace: true } },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: CHUNKS.map(([name, test], place) => ({ name, test, priority: CHUNKS.length - place })),
    },
  },
});
writeFileSync(
  `${root}dist/THIRD-PARTY-LICENSES.txt`,
  notices(output.flatMap(({ moduleIds = [] }) => moduleIds)),
);

function filesIn(directory, pattern) {
  return readdirSync(root + directory, { recursive: true })
    .filter((file) => pattern.test(file))
    .map((file) => path.join(directory, file));
}

/** What the licences of the inlined packages ask for. */
function notices(modules) {
  const folders = modules.flatMap((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
  const notice = (folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const text = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    return `${name} ${version} (${license})\n\n${text ? readFileSync(`${folder}/${text}`, 'utf8') : ''}`;
  };
  return [...new Set(folders)]
    .sort()
    .map(notice)
    .join(`\n${'-'.repeat(80)}\n\n`);
}
