import { TenantctlError } from '../errors.js';

/** Whether there is somebody to ask. */
export function canPrompt(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks for a password on the terminal; what is typed is not shown. The question goes to stderr: stdout is for data.
 *
 * @throws TenantctlError interrupted, where the answer is Ctrl-C
 */
export function promptPassword(message: string): Promise<string> {
  return ask<string>({ type: 'password', message, mask: false });
}

/**
 * Asks a yes-or-no question on the terminal; Enter means no.
 *
 * @throws TenantctlError interrupted, where the answer is Ctrl-C
 */
export function promptConfirm(message: string): Promise<boolean> {
  return ask<boolean>({ type: 'confirm', message, default: false });
}

/**
 * Asks for a line of text on the terminal.
 *
 * @throws TenantctlError interrupted, where the answer is Ctrl-C
 */
export function promptText(message: string): Promise<string> {
  return ask<string>({ type: 'input', message });
}

async function ask<T>(question: {
  type: 'password' | 'confirm' | 'input';
  message: string;
  [option: string]: unknown;
}): Promise<T> {
  const { createPromptModule } = (await import('inquirer')).default;
  const prompt = createPromptModule({ output: process.stderr });
  try {
    const { answer } = (await prompt([{ ...question, name: 'answer' }])) as { answer: T };
    return answer;
  } catch (error) {
    throw new TenantctlError({
      kind: 'interrupted',
      code: 'INTERRUPTED',
      message: 'Stopped at a question; nothing was changed.',
      cause: error,
    });
  }
}
