import type { MigrateResult } from '../migrator/migrate.js';
import type { Judgement, TransactionGate } from '../verifier/gate/gate.js';
import type { Verification } from '../verifier/gate/report.js';
import { appDatabase } from './app-database.js';
import { requireTenancy, type Workspace } from './base-command.js';

const TIMEOUT_MS = 60_000;

/**
 * Has a run judged before each commit, and the whole database by the application's login after the last. Where nothing is
 * pending it is judged all the same: a run that is tried again after a leak was found must not pass for that.
 *
 * @param baseline a file of what is accepted for now, as verify-tenancy writes it
 * @returns no verification where the lint refused a file
 * @throws TenantctlError where tenants are not configured, or there is no login to prove anything by; and what `run` throws
 */
export async function verifiedRun(
  { loaded, database, onEvent, signal }: Workspace,
  { timeoutMs = TIMEOUT_MS, baseline: file }: { timeoutMs: number | undefined; baseline: string | undefined },
  run: (gate: TransactionGate) => Promise<MigrateResult>,
): Promise<{ result: MigrateResult; verification: Verification | undefined }> {
  const configured = requireTenancy(loaded);
  const [{ readBaseline }, { openGate }, { requireAppRole }, { verify }] = await Promise.all([
    import('../verifier/baseline.js'),
    import('../verifier/gate/gate.js'),
    import('../verifier/gate/preconditions.js'),
    import('../verifier/verify.js'),
  ]);
  const baseline = file === undefined ? undefined : await readBaseline(file, { orEmpty: false });
  const app = await appDatabase(loaded, database, configured.appRole);
  const tenancy = { ...configured, appRole: configured.appRole ?? app?.settings.user };
  await requireAppRole({ tenancy, auditor: database, app });
  const common = { tenancy, now: new Date(), onEvent, signal };
  const gate = openGate({ ...common, database, timeoutMs, baseline });
  const result = await run(gate);
  // Then the run ended before it came to be judged.
  if (result.lint.refused) return { result, verification: undefined };
  const judgement = judgementOf(gate, result);
  const passed = judgement.outcome === 'ok' && result.lint.refused === null;
  const changed = !result.dryRun || result.planned.length === 0;
  const accepted = baseline && { entries: baseline, update: false };
  const afterCommit =
    passed && changed ? await verify({ ...common, auditor: database, app, baseline: accepted }) : undefined;
  return { result, verification: { judgement, afterCommit } };
}

/** What could not be rehearsed was not judged either. */
function judgementOf(gate: TransactionGate, { notExecuted }: MigrateResult): Judgement {
  const judgement = gate.judgement();
  if (judgement.outcome !== 'ok' || notExecuted.length === 0) return judgement;
  const notTried = notExecuted.map(({ name, reason }) => ({
    ...{ schema: '', object: name, what: 'not executed', reason, required: true },
  }));
  return { ...judgement, outcome: 'inconclusive', notTried: [...notTried, ...judgement.notTried] };
}
