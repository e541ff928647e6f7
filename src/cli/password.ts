import { TenantctlError } from '../errors.js';
import type { ConnectionChoice } from '../postgres/settings.js';
import { canPrompt, promptPassword } from './prompt.js';

/**
 * Asks for the password where the server wants one, none is configured, and somebody sits at the terminal. Whether it
 * is wanted only the server knows: pg_hba.conf may trust, and ~/.pgpass may have it. So one connection is tried first.
 */
export async function settlePassword(choice: ConnectionChoice, command: string): Promise<ConnectionChoice> {
  if (choice.kind !== 'server' || choice.settings.password !== undefined || !canPrompt()) return choice;
  const { settings, source } = choice;
  const { withConnection } = await import('../postgres/connect.js');
  try {
    await withConnection(settings, { applicationName: `tenantctl/${command}`, source }, async () => {});
    return choice;
  } catch (error) {
    if (!(error instanceof TenantctlError && error.code === 'PASSWORD_MISSING')) throw error;
    const password = await promptPassword(`Password for ${settings.user} on ${settings.host}:`);
    return { ...choice, settings: { ...settings, password } };
  }
}
