import { readCatalog } from '../catalog/read.js';
import { withTransaction } from '../postgres/transaction.js';
import { readIdentity } from './probe/session/identity.js';
import type { VerifyInput } from './verify-input.js';
import type { VerifyResult } from './verify-result.js';

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
