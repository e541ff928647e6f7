import type { Database } from '../postgres/database.js';
import { type LoginFacts, passwordStands } from './login.js';
import { type PasswordChoice, passwordNeeded, requireUsablePassword } from './password.js';
import type { Warning } from './warnings.js';

export type PasswordState = 'set' | 'unchanged' | 'left as it is';

/** What is to become of the password. */
export interface PasswordDecision {
  state: PasswordState;
  /** The new one; undefined where none is set, and in a dry run that asks nobody. */
  value: string | undefined;
}

/**
 * Decides whether the role gets a new password, and which.
 *
 * @throws TenantctlError usage, where it needs one and there is none, or it cannot be used
 */
export async function decidePassword(
  database: Database,
  facts: LoginFacts,
  { role, password, dryRun }: { role: string; password: PasswordChoice; dryRun: boolean },
): Promise<PasswordDecision> {
  const stands = (value: string) => passwordStands(database, role, facts, value);
  switch (password.kind) {
    case 'given':
      requireUsablePassword(password.password);
      return (await stands(password.password)) ? UNCHANGED : { state: 'set', value: password.password };
    case 'generate':
      if (password.kept !== undefined && (await stands(password.kept))) return UNCHANGED;
      return { state: 'set', value: password.fresh };
    case 'ask': {
      if (facts.verifier !== null) return { state: 'left as it is', value: undefined };
      if (dryRun) return { state: 'set', value: undefined };
      if (!password.ask) throw passwordNeeded(role);
      const answer = await password.ask();
      requireUsablePassword(answer);
      return { state: 'set', value: answer };
    }
  }
}

const UNCHANGED: PasswordDecision = { state: 'unchanged', value: undefined };

/** No lower bound is enforced: what is allowed is the operator's rule, not ours. */
const SHORT = 12;

/** A word about a password that somebody chose. */
export function shortPassword(password: PasswordChoice): Warning[] {
  if (password.kind !== 'given' || password.password.length >= SHORT) return [];
  const text = `The password has fewer than ${SHORT} characters; --generate-password makes one of 43.`;
  return [{ code: 'short-password', text }];
}
