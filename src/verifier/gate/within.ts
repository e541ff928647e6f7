import type { Client } from '../../postgres/connect.js';
import type { Subject } from '../check.js';
import type { Lacking } from '../lacking.js';
import { type ProbeResult, probeWithin } from '../probe/probe.js';
import { lentTransaction } from '../probe/session/frame.js';
import { judgeLogin } from '../probe/session/login.js';
import { lentCommittedRows } from '../probe/world/committed.js';
import type { ProbeSetup } from '../probe/world/setup.js';
import type { NotTried } from '../verdict.js';

/** What came of the probe within the transaction, or why there was none. */
export interface Within {
  probed: ProbeResult | undefined;
  lacking: Lacking | undefined;
  /** What is left to the login's own sessions. */
  left: NotTried[];
}

/** Tries every crossing within the transaction that is to be judged, on its own connection, as the app role. */
export async function tryWithin(
  client: Client,
  { snapshot, tenancy: model, app }: Subject,
  watch: Pick<ProbeSetup, 'onEvent' | 'signal'>,
): Promise<Within> {
  const { role } = app;
  if (!role) return { probed: undefined, lacking: NO_ROLE, left: [] };
  const { name, superuser, bypassRls } = role;
  const place = '';
  const unfit = judgeLogin(
    { sessionUser: name, currentUser: name, superuser, bypassRls, place },
    name,
    place,
  );
  if (unfit) return { probed: undefined, lacking: unfit, left: [] };
  const byAuthorization = await isSuperuser(client);
  const frame = lentTransaction(name, byAuthorization);
  const committed = lentCommittedRows(client, model, frame);
  const probed = await probeWithin(client, frame, { snapshot, model, committed, role: name, ...watch });
  return { probed, lacking: undefined, left: byAuthorization ? [OWN_SESSION] : [OWN_SESSION, SESSION_USER] };
}

/** Whoever logged in, whatever the role is just now. */
async function isSuperuser(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ superuser: boolean }>(
    'select rolsuper as superuser from pg_catalog.pg_roles where rolname = session_user',
  );
  return rows[0]?.superuser === true;
}

const NO_ROLE: Lacking = {
  reason: 'the app role does not exist, so nothing could be tried as it',
  remedy: 'tenantctl migrate without --verify, tenantctl create-app-role, and --verify from then on',
};

const ELSEWHERE = { schema: '', object: '', required: false };

const OWN_SESSION: NotTried = {
  ...ELSEWHERE,
  what: 'a context that was never set, or that a commit left behind',
  reason: 'another session does not see what is not committed; the login tries it after the commit',
};

const SESSION_USER: NotTried = {
  ...ELSEWHERE,
  what: 'policies by session_user, and what the login can become',
  reason: 'only a superuser can be the app role here, others take it on; the catalog was asked',
};
