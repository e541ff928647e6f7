import { TenantctlError } from '../errors.js';
import { nearest } from '../nearest.js';

/** What was called: 'migrate new', and the names of its flags. */
export interface Called {
  command: string;
  flags: readonly string[];
}

/** oclif's complaint about a command line, without the frame and the parse context around it, and with the nearest flag. */
export function usageError(error: Error, { command, flags }: Called): TenantctlError {
  const help = `tenantctl ${command} --help`;
  const [guess] = unknownFlags(error).flatMap((flag) => nearest(flag.replace(/^-+/, ''), flags, 1));
  return new TenantctlError({
    kind: 'usage',
    code: 'USAGE',
    message: `Cannot read the command line: ${causeOf(error.message)}.`,
    hint: guess === undefined ? help : `--${guess}, or ${help} for all flags`,
  });
}

function unknownFlags(error: Error): string[] {
  return 'flags' in error && Array.isArray(error.flags) ? error.flags.map(String) : [];
}

/** In one line. */
function causeOf(message: string): string {
  return message
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/\s*See more help with --help\s*$/, '')
    .replace(/^Parsing (--\S+) \n\t(?:\1 )?(.)/s, (_, flag, first) => `${flag} ${first.toLowerCase()}`)
    .replace(
      /^(Missing \d+ required args?:)\n(\S+)\s+/,
      (_, missing, name) => `${missing} ${name.toUpperCase()}, `,
    )
    .replaceAll(/(Missing required flag )(?=\w)/g, '$1--')
    .replaceAll(/\s*\n\s*/g, '; ')
    .replace(/\.$/, '');
}
