import type { ErrorKind } from '../errors.js';

interface ExitCode {
  code: number;
  meaning: string;
  retry: 'yes' | 'no' | '';
}

/** The one contract of every command. The README's table is generated from this. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'done; a gate passed', retry: '' },
  bug: { code: 1, meaning: 'a bug in tenantctl', retry: 'no' },
  usage: { code: 2, meaning: 'usage or configuration error', retry: 'no' },
  gate: {
    code: 3,
    meaning: 'a gate said no: isolation violated, unsafe migration, pending or drift under `--check`',
    retry: 'no',
  },
  inconclusive: {
    code: 4,
    meaning: 'inconclusive: something that had to be verified could not be',
    retry: 'no',
  },
  'step-failed': {
    code: 10,
    meaning: 'a step failed and left nothing behind; earlier steps stay, and the output says which',
    retry: 'no',
  },
  'part-way': {
    code: 11,
    meaning: 'a step failed part way; `status` names it and the repair',
    retry: 'no',
  },
  unreachable: { code: 69, meaning: 'the database cannot be reached', retry: 'yes' },
  retry: { code: 75, meaning: 'a lock or a timeout: try again', retry: 'yes' },
  privilege: { code: 77, meaning: 'the role lacks a privilege', retry: 'no' },
  sigint: { code: 130, meaning: 'stopped by SIGINT, state consistent, resumable', retry: 'yes' },
  sigterm: { code: 143, meaning: 'stopped by SIGTERM, state consistent, resumable', retry: 'yes' },
} as const satisfies Record<string, ExitCode>;

/**
 * The exit code for an error kind.
 *
 * @param signal the one that interrupted the command; none where a question was answered with Ctrl-C
 */
export function exitCodeFor(kind: ErrorKind, signal?: NodeJS.Signals): number {
  if (kind === 'interrupted') return signal === 'SIGTERM' ? EXIT_CODES.sigterm.code : EXIT_CODES.sigint.code;
  return EXIT_CODES[kind].code;
}
