import { join } from 'node:path';
import { placeInRepository } from '../../report/place.js';
import type { CheckInfo } from '../check.js';
import type { Places } from './report-findings.js';

/**
 * Where findings are shown: at the file of the team's own check, else at the configuration, since a finding is about the
 * database, and about no line of a migration.
 */
export function placesOf(
  config: { path?: string | undefined; directory: string },
  checks: readonly CheckInfo[],
): Places {
  const files = new Map(
    checks.flatMap((check) =>
      'file' in check && typeof check.file === 'string'
        ? [[check.id, placeInRepository(check.file)] as const]
        : [],
    ),
  );
  return {
    configuration: placeInRepository(config.path ?? join(config.directory, 'tenantctl.config.ts')),
    script: (check) => files.get(check),
  };
}
