// Writes the parts of README.md that the code knows, between `<!-- generated: NAME -->` and `<!-- end -->`:
//   npm run readme
// A test compares them with the code.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import { EXIT_CODES } from '../dist/cli/exit-codes.js';
import { RULES } from '../dist/migrator/lint/rules/index.js';
import { CHECKS } from '../dist/verifier/checks/index.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = `${ROOT}README.md`;

/** The commands in the order in which one needs them; those that are not named come after. */
const ORDER = [
  'migrate',
  'migrate new',
  'migrate baseline',
  'migrate repair',
  'migrate unlock',
  'rollback',
  'status',
  'seed',
  'create-app-role',
  'backfill-tenant',
  'verify-tenancy',
  'checks',
  'init',
];

/** The text of README.md with its generated parts made anew. */
export async function readme(text = readFileSync(README, 'utf8')) {
  const config = await Config.load({ root: ROOT, ignoreManifest: true });
  const parts = { commands: commands(config), 'exit-codes': exitCodes(), checks: checks(), rules: rules() };
  return text.replace(
    /(<!-- generated: (\S+) -->\n).*?(<!-- end -->)/gs,
    (_, begin, name, end) => `${begin}\n${parts[name]}\n\n${end}`,
  );
}

function commands(config) {
  const named = ({ id }) => id.replaceAll(':', ' ');
  const place = (command) => (ORDER.includes(named(command)) ? ORDER.indexOf(named(command)) : ORDER.length);
  const names = config.commands
    .filter(({ pluginName }) => pluginName === config.name)
    .sort((a, b) => place(a) - place(b) || a.id.localeCompare(b.id))
    .map((command) => ({ name: named(command), summary: command.summary }));
  const own = names.map(({ name, summary }) =>
    details(`<code>tenantctl ${name}</code>: ${escapeHtml(summary)}`, sections(name, OWN).join('\n\n')),
  );
  return [...own, details('Flags of all commands', sections('verify-tenancy', COMMON).join('\n\n'))].join(
    '\n\n',
  );
}

const OWN = ['USAGE', 'ARGUMENTS', 'FLAGS', 'DESCRIPTION', 'EXAMPLES'];
const COMMON = ['GLOBAL FLAGS'];

/** Parts of what `--help` prints. */
function sections(command, titles) {
  const help = execFileSync(process.execPath, [`${ROOT}bin/run.js`, ...command.split(' '), '--help'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1' },
  });
  return help
    .split(/\n(?=[A-Z][A-Z ]+\n)/)
    .filter((section) => titles.includes(section.split('\n', 1)[0]))
    .map((section) => section.trim());
}

function details(summary, text) {
  return `<details><summary>${summary}</summary>\n\n\`\`\`text\n${text}\n\`\`\`\n\n</details>`;
}

function exitCodes() {
  const rows = Object.values(EXIT_CODES).map(({ code, meaning, retry }) => [code, meaning, retry]);
  return table(['code', 'meaning', 'worth a retry'], rows);
}

function checks() {
  const rows = CHECKS.map(({ id, severity, title }) => [`\`${id}\``, severity, escapeCell(title)]);
  return table(['check', 'severity', 'finds'], rows);
}

function rules() {
  const rows = RULES.map(({ id, severity, title }) => [`\`${id}\``, severity, escapeCell(title)]);
  return table(['rule', 'severity', 'finds'], rows);
}

function table(head, rows) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

function escapeCell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function escapeHtml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(README, await readme());
