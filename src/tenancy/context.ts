import type { Client } from '../postgres/connect.js';
import type { ContextConfig } from './config.js';

/**
 * Tells the database who the tenant is, as the application would, until the end of the transaction.
 *
 * @param tenant the tenant's key as text; '' is what a setting becomes after a transaction that set it
 * @throws the database's own error, untouched: a policy's or helper's complaint is an answer to be judged
 */
export async function setContext(client: Client, context: ContextConfig, tenant: string): Promise<void> {
  if ('setting' in context) {
    await client.query('select pg_catalog.set_config($1, $2, true)', [context.setting, tenant]);
    return;
  }
  for (const statement of context.sql) {
    await client.query(statement, (await hasParameter(statement)) ? [tenant] : []);
  }
}

/** A statement that takes no parameter must not be given one. */
async function hasParameter(statement: string): Promise<boolean> {
  const { scan } = await import('libpg-query');
  return (await scan(statement)).tokens.some((token) => token.tokenName === 'PARAM');
}
