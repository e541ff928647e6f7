import type { ContextConfig } from './config.js';

/** One of the statements that tell the database who the tenant is. */
export interface ContextStatement {
  text: string;
  values: string[];
}

/**
 * What the application would send to tell the database who the tenant is, until the end of the transaction.
 *
 * @returns for a tenant's key as text ('' is what a setting becomes after a transaction that set it) the statements
 */
export async function contextStatements(
  context: ContextConfig,
): Promise<(tenant: string) => ContextStatement[]> {
  if ('setting' in context) {
    const { setting } = context;
    return (tenant) => [{ text: 'select pg_catalog.set_config($1, $2, true)', values: [setting, tenant] }];
  }
  const statements = await Promise.all(
    context.sql.map(async (text) => ({ text, takesTenant: await hasParameter(text) })),
  );
  return (tenant) =>
    statements.map(({ text, takesTenant }) => ({ text, values: takesTenant ? [tenant] : [] }));
}

/** A statement that takes no parameter must not be given one. */
async function hasParameter(statement: string): Promise<boolean> {
  const { scan } = await import('libpg-query');
  return (await scan(statement)).tokens.some((token) => token.tokenName === 'PARAM');
}
