import type { PasswordChoice } from '../app-role/password.js';
import { TenantctlError } from '../errors.js';
import type { Target } from '../postgres/server.js';
import { redactor } from './output.js';
import { canPrompt, promptPassword } from './prompt.js';

/** What says where a role's password comes from. */
export interface PasswordInputs {
  role: string;
  /** `--password-file`. */
  file: string | undefined;
  /** `--generate-password`. */
  generate: boolean;
  /** APP_ROLE_PASSWORD. */
  env: string | undefined;
  /** Absolute path of `.tenantctl`, where a generated password is kept. */
  stateDirectory: string;
  target: Target;
  dryRun: boolean;
}

/** Decides where the app role's password comes from: argv, else the environment, else the terminal. */
export async function choosePassword(inputs: PasswordInputs): Promise<PasswordChoice> {
  if (inputs.generate) return generated(inputs);
  const given = inputs.file === undefined ? inputs.env : await readPassword(inputs.file);
  if (given !== undefined) {
    redactor.add(given);
    return { kind: 'given', password: given };
  }
  return { kind: 'ask', ask: canPrompt() ? () => askTwice(inputs.role) : undefined };
}

async function generated({ role, stateDirectory, target, dryRun }: PasswordInputs): Promise<PasswordChoice> {
  const [{ generatePassword }, credentials] = await Promise.all([
    import('../app-role/password.js'),
    import('../app-role/credentials.js'),
  ]);
  if (!dryRun) await credentials.prepareDirectory(stateDirectory);
  const kept = (await credentials.readCredentials(stateDirectory, target, role))?.password;
  const fresh = generatePassword();
  for (const secret of [kept, fresh]) redactor.add(secret);
  return {
    ...{ kind: 'generate', kept, fresh },
    path: credentials.credentialsPath(stateDirectory, target, role),
    keep: (password) => credentials.writeCredentials(stateDirectory, target, { role, password }),
  };
}

/** The line break that an editor or `echo` leaves at the end is not part of the password. */
async function readPassword(file: string): Promise<string> {
  const { readSecretFile } = await import('../config/connection.js');
  return (await readSecretFile(file, '--password-file')).replace(/\r?\n$/, '');
}

async function askTwice(role: string): Promise<string> {
  const password = await promptPassword(`New password for role ${role}:`);
  redactor.add(password);
  if ((await promptPassword('Once more:')) === password) return password;
  throw new TenantctlError({
    kind: 'usage',
    code: 'PASSWORDS_DIFFER',
    message: `Cannot set the password of role "${role}": the two answers differ.`,
    hint: 'run the command again, or --generate-password',
  });
}
