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
  const part = (variantsOf(context)[0]?.sql ?? []).map((text) => ({ text, values: [] }));
  if ('setting' in context) {
    const { setting } = context;
    const text = 'select pg_catalog.set_config($1, $2, true)';
    return (tenant) => [{ text, values: [setting, tenant] }, ...part];
  }
  const statements = await Promise.all(
    context.sql.map(async (text) => ({ text, takesTenant: await hasParameter(text) })),
  );
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

/** A statement that takes no parameter must not be given one. */
async function hasParameter(statement: string): Promise<boolean> {
  const { scan } = await import('libpg-query');
  return (await scan(statement)).tokens.some((token) => token.tokenName === 'PARAM');
}
