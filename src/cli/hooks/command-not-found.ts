import type { Hook } from '@oclif/core/hooks';
import { toConfiguredId } from '@oclif/core/util/ids';
import { ux } from '@oclif/core/ux';
import { TenantctlError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { errorReport } from '../../report/error.js';
import { exitCodeFor } from '../exit-codes.js';
import { showReport } from '../show.js';

/**
 * Names the nearest command and fails as every other usage error does. @oclif/plugin-not-found would offer to run its
 * guess, exit with 127, and off a terminal suggest nothing.
 */
const commandNotFound: Hook.CommandNotFound = async ({ id, argv, config }) => {
  const known = config.commands.filter((command) => !command.hidden);
  const typed = toConfiguredId(id, config);
  const [guess] = nearest(
    typed,
    known.map((command) => toConfiguredId(command.id, config)),
    1,
  );
  const error = new TenantctlError({
    kind: 'usage',
    code: 'UNKNOWN_COMMAND',
    message: `Cannot run ${JSON.stringify(typed)}: there is no such command.`,
    hint: `${guess === undefined ? '' : `${config.bin} ${guess}, or `}${config.bin} --help for all commands`,
  });
  const report = errorReport(typed, null, exitCodeFor(error.kind), error);
  if (argv?.includes('--json')) ux.stdout(JSON.stringify(report.document, null, 2));
  else await showReport(report, process.stderr);
  process.exitCode = report.document.exitCode;
};

export default commandNotFound;
