import { readCatalog } from '../catalog/read.js';
import { withTransaction } from '../postgres/transaction.js';
import type { TenancyConfig } from '../tenancy/config.js';
import type { Baseline } from './baseline.js';
import type { CheckInfo } from './check.js';
import type { FailOn, Finding } from './finding.js';
import type { Lacking } from './lacking.js';
import type { FunctionVerdict } from './probe/functions/function-findings.js';
import { readIdentity } from './probe/session/identity.js';
import type { CheckSelection } from './selection.js';
import type { Advisory } from './server-cves.js';
import type { NotTried, RelationVerdict, Verdict } from './verdict.js';
import type { VerifyInput } from './verify-input.js';

export interface VerifyResult {
  verdict: Verdict;
  /** What the gate says: `gate` for open errors. */
  outcome: 'ok' | 'gate' | 'inconclusive';
  /** Who keeps tenants apart: row level security, or the application by itself. */
  isolation: TenancyConfig['isolation'];
  /** The role that was judged. */
  appRole: string | undefined;
  /** Worst first. */
  findings: Finding[];
  relations: RelationVerdict[];
  /** Those that the probe called. */
  functions: FunctionVerdict[];
  lacking: Lacking[];
  notTried: NotTried[];
  server: { version: string; advisories: Advisory[] };
  selection: CheckSelection;
  /** The probe wrote nothing. */
  readOnly: boolean;
  failOn: FailOn;
  /** What is accepted now, and the keys of what is found no more. */
  baseline: { entries: Baseline; gone: string[] } | undefined;
  /** Every check that a finding can come from. */
  checks: CheckInfo[];
}

/**
 * Audits the catalog and the rows, tries every crossing through the app's own login, and judges. Nothing is left behind:
 * the auditor only reads, and what the probes write is rolled back.
 *
 * @throws TenantctlError where a connection cannot be made, or the configuration names what does not exist
 */
export async function verify(input: VerifyInput): Promise<VerifyResult> {
  const { auditor, app, now, onEvent, signal, selection } = input;
  // The role of the login that is given is the one to judge, where the configuration names none.
  const tenancy = { ...input.tenancy, appRole: input.tenancy.appRole ?? app?.settings.user };
  const [audited, { place }] = await auditor.connect(
    (client) =>
      withTransaction(client, 'repeatable read, read only', () => {
        // Asked first: what judges the answers is loaded while the server looks for them.
        const snapshot = readCatalog(client);
        const auditing = import('./audit.js').then(({ audit }) =>
          audit(client, tenancy, { now, onEvent, signal, selection, snapshot }),
        );
        return Promise.all([auditing, readIdentity(client), snapshot]);
      }),
    { pipelined: true },
  );
  const { judge } = await import('./judge.js');
  return judge({ ...input, tenancy }, audited, place);
}
