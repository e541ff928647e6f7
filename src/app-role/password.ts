import { randomBytes } from 'node:crypto';
import { TenantctlError } from '../errors.js';

const GENERATED_BYTES = 32;

/** Where the role's password comes from. */
export type PasswordChoice =
  /** From the environment or a file. */
  | { kind: 'given'; password: string }
  /** `kept` where an earlier run left one; else `fresh`, and `keep` is called once it holds; it ends up in `path`. */
  | {
      kind: 'generate';
      kept: string | undefined;
      fresh: string;
      path: string;
      keep: (password: string) => Promise<void>;
    }
  /** An existing password stays; where there is none, somebody is asked. undefined: nobody is there. */
  | { kind: 'ask'; ask: (() => Promise<string>) | undefined };

/** A new password of 256 random bits, safe in URLs and shells. */
export function generatePassword(): string {
  return randomBytes(GENERATED_BYTES).toString('base64url');
}

/**
 * Refuses what SASLprep might change: the verifier is computed here, and clients normalise in their own ways.
 *
 * @throws TenantctlError usage; the password is not part of the message
 */
export function requireUsablePassword(password: string): void {
  const cause =
    password === ''
      ? 'it is empty'
      : /^[\x20-\x7e]+$/.test(password)
        ? undefined
        : 'it has characters other than printable ASCII, which clients encode differently';
  if (cause === undefined) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'PASSWORD_UNUSABLE',
    message: `Cannot use the app role's password: ${cause}.`,
    hint: '--generate-password makes a good one',
  });
}

/** Nobody is there to be asked for the password of a role that has none. */
export function passwordNeeded(role: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'PASSWORD_NEEDED',
    message: `Cannot give role "${role}" a login: it has no password yet, and none is given.`,
    hint: [
      'one of',
      '  APP_ROLE_PASSWORD=… tenantctl create-app-role',
      '  tenantctl create-app-role --password-file FILE',
      '  tenantctl create-app-role --generate-password   (kept below .tenantctl/, where verify-tenancy finds it)',
    ].join('\n'),
  });
}
