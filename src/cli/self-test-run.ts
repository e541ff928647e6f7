import { TenantctlError } from '../errors.js';
import type { OnEvent } from '../events.js';
import type { Database } from '../postgres/database.js';
import type { TenancyConfig } from '../tenancy/config.js';
import type { Preparation } from '../verifier/self-test/report.js';
import type { ScratchLogin } from '../verifier/self-test/scratch.js';
import type { SelfTestResult } from '../verifier/self-test/self-test.js';
import { requireTenancy, type Workspace } from './base-command.js';

export interface SelfTestRun {
  result: SelfTestResult;
  preparation: Preparation;
}

const LOCK_WAIT_MS = 60_000;

/**
 * Tests the gate on the schema that the project's own migrations make, on a server that is none of the application's.
 *
 * @throws TenantctlError usage, where tenants are not configured or not kept apart by policies; and what the migrations
 *   or the making of the app role throw
 */
export async function selfTestRun(workspace: Workspace): Promise<SelfTestRun> {
  const { loaded, database, onEvent, signal } = workspace;
  const tenancy = requireTenancy(loaded);
  if (tenancy.isolation === 'application') throw notByPolicies();
  const { selfTest } = await import('../verifier/self-test/self-test.js');
  let preparation: Preparation = { backfilled: undefined, seeded: false };
  const result = await selfTest({
    ...{ tenancy, server: database, lockWaitMs: LOCK_WAIT_MS, onEvent, signal },
    prepare: async (empty, login) => {
      preparation = await prepare(workspace, tenancy, empty, login);
    },
  });
  return { result, preparation };
}

async function prepare(
  { loaded, onEvent, signal }: Workspace,
  tenancy: TenancyConfig,
  empty: Database,
  { role, password }: ScratchLogin,
): Promise<Preparation> {
  const [{ migrate }, { applyWithBackfill, seedTenants }, { ensureAppRole }] = await Promise.all([
    import('../migrator/migrate.js'),
    import('./self-test-schema.js'),
    import('../app-role/ensure.js'),
  ]);
  // What the migrations themselves have to say is for those who run them in earnest.
  const quiet: OnEvent = (event) => (event.kind === 'progress' ? onEvent(event) : undefined);
  const run = { dryRun: false, lockWaitMs: LOCK_WAIT_MS, onEvent: quiet, signal };
  const { migrations, seeds } = loaded.config;
  const backfilled = await applyWithBackfill(empty, tenancy, run, () =>
    migrate(empty, { ...run, migrations, to: undefined, order: 'allow', singleTransaction: false }),
  );
  await ensureAppRole(
    empty,
    { ...tenancy, appRole: role },
    { ...run, role, password: { kind: 'given', password } },
  );
  const seeded = await seedTenants(empty, tenancy, run, { role, seeds });
  return { backfilled, seeded };
}

function notByPolicies(): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'SELF_TEST_APPLICATION',
    message: "Cannot plant faults in policies: isolation is 'application', so there are none to break.",
    hint: "`tenantctl verify-tenancy` audits such a schema; isolation: 'rls' has it kept apart by policies",
  });
}
