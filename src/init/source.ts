import { type QualifiedName, quoteIdent, quoteLiteral } from '../identifiers.js';
import type { Proposal, Proposed } from './propose.js';

/** What the project's own directory has. */
export interface ProjectFacts {
  /** Whether the configuration that is there chooses the embedded server. */
  embedded: boolean;
  /** Whether there is a directory `checks`. */
  checks: boolean;
}

/** The text of a `tenantctl.config.ts`: what was concluded, with the reasons as comments; else the same to fill in. */
export function configSource(proposal: Proposal | undefined, facts: ProjectFacts): string {
  const tenancy = proposal ? proposedTenancy(proposal, facts) : EXAMPLE_TENANCY;
  return `${[
    "import { defineConfig } from 'tenantctl';",
    '',
    ...(proposal ? [comment('Concluded from the database by `tenantctl init`: check each line.')] : []),
    'export default defineConfig({',
    ...indent([
      comment(
        'The database is the one that --database-url, DATABASE_URL, DATABASE_URL_FILE or PGHOST … name;',
      ),
      comment('without any of them, { embedded: true } is a PostgreSQL of its own in .tenantctl/.'),
      `${facts.embedded ? '' : '// '}connection: { embedded: true },`,
      "migrations: { directory: 'migrations' },",
      "seeds: { directory: 'seeds' },",
      ...tenancy,
    ]),
    '});',
  ].join('\n')}\n`;
}

const EXAMPLE_TENANCY = [
  '// Who the tenants are. With tables in the database, `tenantctl init --force` fills this in.',
  '// tenancy: {',
  "//   root: 'organizations', // the table with one row per tenant",
  "//   column: 'organization_id', // the column by which the others refer to it",
  "//   context: { setting: 'app.organization_id' }, // what the application sets to name the tenant",
  "//   appRole: 'app', // the login that the application uses",
  '// },',
];

function proposedTenancy(proposal: Proposal, facts: ProjectFacts): string[] {
  const { schemas, root, column, setting, claim, appRole, appGroup, unassigned, rowSecurity } = proposal;
  const name = (relation: QualifiedName) => literal(nameText(relation, schemas));
  const line = <T>(key: string, { because }: Proposed<T>, value: string) => [
    comment(`${because}.`),
    `${key}: ${value},`,
  ];
  return [
    ...(rowSecurity === undefined ? [] : [comment(rowSecurity)]),
    'tenancy: {',
    ...indent([
      `schemas: [${schemas.map(literal).join(', ')}],`,
      ...line('root', root, name(root.value)),
      ...line('column', column, literal(column.value)),
      ...line('context', setting, contextText(setting.value, claim)),
      ...line('appRole', appRole, literal(appRole.value)),
      ...(appGroup ? line('appGroup', appGroup, literal(appGroup.value)) : []),
      ...sharedLines(unassigned.map(name)),
      ...(facts.checks ? ["checks: 'checks',"] : []),
    ]),
    '},',
  ];
}

/** Claims are JSON: the key alone would be none. */
function contextText(setting: string, claim: string | undefined): string {
  if (claim === undefined) return `{ setting: ${literal(setting)} }`;
  const claims = `json_build_object(${quoteLiteral(claim)}, $1::text)::text`;
  return `{ sql: [${literal(`select set_config(${quoteLiteral(setting)}, ${claims}, true)`)}] }`;
}

/** Commented out: that every tenant may read a table is for a person to say, with the reason. */
function sharedLines(names: string[]): string[] {
  if (names.length === 0) return [];
  return [
    comment('Nothing ties these to a tenant: give them the column, or say why every tenant may read them.'),
    '// shared: {',
    ...names.map((name) => comment(`  ${name}: 'why every tenant may read it',`)),
    '// },',
  ];
}

/** As the configuration reads names: quoted only where a part could not be told apart otherwise. */
function nameText({ schema, name }: QualifiedName, [first]: string[]): string {
  const part = (text: string) => (/[."]/.test(text) ? quoteIdent(text) : text);
  return schema === first ? part(name) : `${part(schema)}.${part(name)}`;
}

/** Names come from the database: nothing in them may end the literal, or the comment's line. */
function literal(text: string): string {
  const quoted = JSON.stringify(text);
  const single = `'${quoted.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  const shown = text.includes("'") && !text.includes('"') ? quoted : single;
  return shown.replaceAll(/[\u2028\u2029]/g, escapeUnicode);
}

function comment(text: string): string {
  return `// ${text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ')}`;
}

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16)}`;
}

function indent(lines: string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
