import { TenantctlError } from '../errors.js';
import { canPrompt, promptConfirm, promptText } from './prompt.js';

/**
 * Makes sure, before any work is done, that a question can be answered: by the flag, or by somebody at the terminal.
 *
 * @param act what is asked about: 'roll back'
 * @param consequence why it has to be asked
 * @throws TenantctlError usage, naming the flag
 */
export function requireAnswer(act: string, yes: boolean, consequence = 'it destroys data'): void {
  if (yes || canPrompt()) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'UNCONFIRMED',
    message: `Cannot ${act} without being told to: ${consequence}, and there is no terminal to ask on.`,
    hint: '--yes answers the question; --dry-run shows what would be done',
  });
}

/**
 * Asks whether to go on, unless `--yes` has answered.
 *
 * @throws TenantctlError usage, where the answer is no; interrupted, where it is Ctrl-C
 */
export async function confirm(
  act: string,
  question: string,
  yes: boolean,
  consequence?: string,
): Promise<void> {
  requireAnswer(act, yes, consequence);
  if (yes || (await promptConfirm(question))) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'DECLINED',
    message: `Cannot ${act}: the answer was no. Nothing was changed.`,
  });
}

/**
 * Asks for the name of what is about to lose data, unless `--yes` has answered: a habit types `y`, but not the name of the
 * wrong database.
 *
 * @param what 'the database'
 * @throws TenantctlError usage, where another name is typed; interrupted, where it is Ctrl-C
 */
export async function confirmName(act: string, what: string, name: string, yes: boolean): Promise<void> {
  requireAnswer(act, yes);
  if (yes) return;
  const typed = (await promptText(`Type the name of ${what} to ${act} (${name}):`)).trim();
  if (typed === name) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'DECLINED',
    message: `Cannot ${act}: ${typed === '' ? 'nothing was typed' : `${JSON.stringify(typed)} is not the name of ${what}`}. Nothing was changed.`,
    hint: `type ${name} to go on; --dry-run shows what would be done`,
  });
}
