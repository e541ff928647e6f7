import { quoteIdent, quoteLiteral, quoteName } from '../../identifiers.js';
import type { TenancyConfig } from '../../tenancy/config.js';

export interface ScaffoldOptions {
  /** As typed: 'create rooms'. */
  name: string;
  format: 'ts' | 'sql';
  now: Date;
  tenancy: TenancyConfig | undefined;
  /** The type of the root's key: 'uuid'. */
  keyType: string;
}

/**
 * A new migration: its file name and what to begin with.
 *
 * @param last the file that it is to come after, where that one begins with a date
 */
export function scaffold(options: ScaffoldOptions, last?: string): { file: string; text: string } {
  const words = options.name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const slug = words.join('_');
  const stamp = stampAfter(options.now, last);
  const [verb, ...rest] = words;
  const { tenancy } = options;
  const table = verb === 'create' ? rest.join('_') : '';
  const statements =
    table !== '' && tenancy ? tenantTable(table, tenancy, options.keyType) : { up: [], down: [] };
  const text = options.format === 'sql' ? sqlFile(statements) : typeScriptFile(statements);
  return { file: `${stamp}_${slug}.${options.format}`, text };
}

/** Now, to the second, in UTC; or one more than the last, where two are made in a second or a clock is ahead. */
function stampAfter(now: Date, last = ''): string {
  const stamp = now.toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const taken = /^\d{14}/.exec(last)?.[0] ?? '';
  return taken < stamp ? stamp : String(BigInt(taken) + 1n);
}

interface Statements {
  up: string[];
  down: string[];
}

/** What every tenant table needs, by the names of the configuration. */
function tenantTable(name: string, tenancy: TenancyConfig, keyType: string): Statements {
  const table = quoteName({ schema: tenancy.schemas[0] ?? 'public', name });
  const column = quoteIdent(tenancy.columns[0] ?? 'tenant_id');
  const grantee = tenancy.appGroup ?? tenancy.appRole;
  const row = policyFor(column, tenancy, keyType);
  return {
    up: [
      `CREATE TABLE ${table} (
  id bigint GENERATED ALWAYS AS IDENTITY,
  ${column} ${keyType} NOT NULL REFERENCES ${quoteName(tenancy.root)} ON DELETE CASCADE,
  -- The key leads with the tenant, and another table refers to both:
  -- FOREIGN KEY (${column}, …_id) REFERENCES ${table} (${column}, id)
  PRIMARY KEY (${column}, id)
)`,
      `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
      `CREATE POLICY tenant_isolation ON ${table}\n  USING (${row})\n  WITH CHECK (${row})`,
      ...(grantee === undefined
        ? []
        : [`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${quoteIdent(grantee)}`]),
    ],
    down: [`DROP TABLE ${table}`],
  };
}

/** Closed where only the application's own SQL knows how the tenant is named: a copied policy has to say it. */
function policyFor(column: string, { context }: TenancyConfig, keyType: string): string {
  if (!('setting' in context)) return 'false /* as the policies of the other tables have it */';
  // After a transaction that set it, the setting is '' and not NULL, which no type but text can be cast from.
  return `${column} = nullif(current_setting(${quoteLiteral(context.setting)}, true), '')::${keyType}`;
}

function sqlFile({ up, down }: Statements): string {
  const section = (name: string, statements: readonly string[]) =>
    `-- migrate:${name}\n\n${statements.map((sql) => `${sql};\n\n`).join('')}`;
  return `${section('up', up)}${section('down', down)}`.trimEnd().concat('\n');
}

function typeScriptFile({ up, down }: Statements): string {
  const body = (statements: readonly string[]) =>
    statements.map((sql) => `  await knex.raw(${templateLiteral(sql)});\n`).join('');
  const parameter = up.length > 0 ? 'knex' : '_knex';
  return `import type { Knex } from 'knex';

export async function up(${parameter}: Knex): Promise<void> {
${body(up)}}

export async function down(${parameter}: Knex): Promise<void> {
${body(down)}}
`;
}

/** knex.raw takes a question mark for a parameter. */
function templateLiteral(sql: string): string {
  const escaped = sql.replaceAll('?', '\\?').replaceAll(/[\\`]|\$\{/g, '\\$&');
  return `\`${escaped.replaceAll('\n', '\n    ')}\``;
}
