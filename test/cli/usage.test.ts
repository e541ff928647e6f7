import { Errors } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { usageError } from '../../src/cli/usage.js';
import { runCli } from '../support/cli.js';

const called = { command: 'status', flags: ['check', 'json', 'log-format'] };

describe('usageError', () => {
  it.each([
    ['--chekc', '--check, or tenantctl status --help for all flags'],
    ['--log-fromat', '--log-format, or tenantctl status --help for all flags'],
    ['--nothing-like-it', 'tenantctl status --help'],
  ])('names the flag that %s may have been meant to be', (flag, hint) => {
    const error = Object.assign(new Errors.CLIError(`Nonexistent flag: ${flag}`), { flags: [flag] });
    expect(usageError(error, called).hint).toBe(hint);
  });
});

describe('says in one line what is wrong with', () => {
  it.each([
    [
      ['backfill-tenant', '--batch-size', '0'],
      '--batch-size expected an integer greater than or equal to 1 but received: 0.',
    ],
    [['migrate', '--lock-wait', 'abc'], '--lock-wait expected a duration such as 90s or 5m; received "abc".'],
    [['migrate', 'new'], 'Missing 1 required arg: NAME, what it does: create_rooms.'],
    [['migrate', 'baseline'], 'Missing required flag --to.'],
    [
      ['migrate', 'repair'],
      'Exactly one of the following must be provided: --accept, --accept-drift, --applied, --pending; Missing required flag --reason.',
    ],
    [['status', '--chekc'], 'Nonexistent flag: --chekc.'],
  ])('tenantctl %j', async (args, cause) => {
    const { exitCode, stderr } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(stderr.split('\n')[0]).toBe(`Error: Cannot read the command line: ${cause}`);
    expect(stderr.split('\n')[1]).toMatch(/^Try: .*tenantctl .* --help/);
  });
});
