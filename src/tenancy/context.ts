import { type ContextConfig, variantsOf } from './config.js';

/** One of the statements that tell the database who the tenant is. */
export interface ContextStatement {
  text: string;
  values: string[];
}

/**
 * What the application would send to tell the database who the tenant is, until the end of the transaction; where it plays
 * several parts within a tenant, in the first of them.
 *
 * @returns for a tenant's key as text ('' is what a setting becomes after a transaction that set it) the statements
 */
export async function contextStatements(
  context: ContextConfig,
): Promise<(tenant: string) => ContextStatement[]> {
  const commands = async (sql: readonly string[]) => (await Promise.all(sql.map(commandsIn))).flat();
  const part = (await commands(variantsOf(context)[0]?.sql ?? [])).map(({ text }) => ({ text, values: [] }));
  if ('setting' in context) {
    const { setting } = context;
    const text = 'select pg_catalog.set_config($1, $2, true)';
    return (tenant) => [{ text, values: [setting, tenant] }, ...part];
  }
  const statements = await commands(context.sql);
  return (tenant) => [
    ...statements.map(({ text, takesTenant }) => ({ text, values: takesTenant ? [tenant] : [] })),
    ...part,
  ];
}

/** What the application sends before it knows of any tenant: the statements, a SET ROLE say, that the key is no part of. */
export async function tenantlessStatements(context: ContextConfig): Promise<string[]> {
  const statements = (await contextStatements(context))('');
  return statements.filter(({ values }) => values.length === 0).map(({ text }) => text);
}

/** A command that takes no parameter must not be given one. */
export interface Command {
  text: string;
  takesTenant: boolean;
}

/** What a configured text says, command by command: the server prepares one at a time. */
export async function commandsIn(sql: string): Promise<Command[]> {
  const { parse, scan } = await import('libpg-query');
  // What is no SQL to this parser is the server's to refuse, or to understand.
  const parsed = await parse(sql).catch(() => undefined);
  const bytes = Buffer.from(sql);
  const texts = (parsed?.stmts ?? []).map(({ stmt_location: start = 0, stmt_len: length }) =>
    bytes.toString('utf8', start, length ? start + length : undefined),
  );
  return Promise.all(
    (texts.length > 1 ? texts : [sql]).map(async (text) => ({
      text,
      takesTenant: (await scan(text)).tokens.some(({ tokenName }) => tokenName === 'PARAM'),
    })),
  );
}
