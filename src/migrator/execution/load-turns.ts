import { loadKnex } from '../../postgres/knex.js';
import { type Loading, loadSteps } from '../files/load.js';
import type { MigrationPlan } from '../files/plan.js';
import type { Standing } from '../ledger/standing.js';
import type { Turn } from './turn.js';

/**
 * Begins to load the files of a plan, and what runs and judges them: meanwhile the server makes tables and waits for locks.
 * What goes wrong is told when they are wanted.
 */
export function beginLoading({ run }: MigrationPlan, linted: boolean): Loading {
  const loading: Loading = new Map();
  loadSteps(run, 'up', loading).catch(() => {});
  if (run.some(({ path }) => !path.endsWith('.sql'))) loadKnex().catch(() => {});
  if (linted) import('../lint/lint.js').catch(() => {});
  return loading;
}

/**
 * Loads the files of a plan, each with its place in the ledger.
 *
 * @throws TenantctlError as loadSteps says
 */
export async function loadTurns(
  standing: readonly Standing[],
  plan: MigrationPlan,
  batch: number,
  loading?: Loading,
): Promise<Turn[]> {
  const held = new Map(standing.map((each) => [each.name, each]));
  return (await loadSteps(plan.run, 'up', loading)).map((step) => {
    const begun = held.get(step.source.name);
    return {
      step,
      file: step.source.file,
      batch,
      ids: begun?.ids ?? [],
      partWay: begun?.partWay,
      past: begun?.past,
    };
  });
}
