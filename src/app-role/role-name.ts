import { TenantctlError } from '../errors.js';
import type { LoginFacts } from './login.js';

/** PostgreSQL cuts longer names off, and two roles could become one. */
const LONGEST_NAME = 63;

/**
 * Refuses roles that must not become the app role, whatever the configuration says.
 *
 * @throws TenantctlError usage
 */
export function requireRoleName(role: string, facts: LoginFacts): void {
  const cause = refusal(role, facts);
  if (cause === undefined) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'ROLE_REFUSED',
    message: `Cannot make "${role}" the app role: ${cause}.`,
    hint: 'name another one: tenantctl create-app-role --role my_app, or tenancy.appRole',
  });
}

function refusal(role: string, facts: LoginFacts): string | undefined {
  if (role === '') return 'the name is empty';
  if (Buffer.byteLength(role) > LONGEST_NAME) return `the name is longer than ${LONGEST_NAME} bytes`;
  if (role.startsWith('pg_') || role === 'public' || role === 'none') return 'PostgreSQL reserves the name';
  if (facts.ourselves) return 'this command is running as that very role, which owns and migrates the schema';
  if (facts.bootstrap) return 'it is the superuser that the server was set up with';
  return undefined;
}
