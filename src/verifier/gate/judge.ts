import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import { auditRows, scriptsOf } from '../audit.js';
import type { Finding } from '../finding.js';
import { judgeRelations } from '../judge-relations.js';
import type { Lacking } from '../lacking.js';
import { probeFindings } from '../live.js';
import { lackingOf, notTried } from '../omissions.js';
import { type ProbeTally, sumTallies } from '../probe/proof/proof.js';
import type { NotTried, RelationVerdict } from '../verdict.js';
import type { Outlook } from './new-tables.js';
import { tryWithin, type Within } from './within.js';

export interface JudgeOptions {
  timeoutMs: number;
  now: Date;
  onEvent: OnEvent;
  signal: AbortSignal;
}

/** What rows and probe show, once the catalog shows nothing. */
export interface RowsAndProbe {
  /** Not yet held against the waivers. */
  findings: Finding[];
  notTried: NotTried[];
  /** Crossings tried as the app role. */
  probes: ProbeTally;
}

/**
 * Asks the rows and tries every crossing, within the transaction that is to be judged.
 *
 * @param isOpen whether a finding counts; where the rows show one, nothing is tried
 */
export async function askRowsAndProbe(
  client: Client,
  { subject, granted }: Outlook,
  { timeoutMs, ...options }: JudgeOptions,
  isOpen: (findings: readonly Finding[]) => boolean,
): Promise<RowsAndProbe> {
  const { tenancy: model } = subject;
  const scripts = await scriptsOf(model.config);
  const rows = await auditRows(client, subject, { ...options, scripts, dataTimeoutMs: timeoutMs });
  const audited = { model, notFinished: rows.notFinished };
  const untried = (within: Within | undefined) => notTried(audited, within?.probed);
  if (isOpen(rows.findings) || model.config.isolation === 'application') {
    return { findings: rows.findings, notTried: untried(undefined), probes: sumTallies([]) };
  }
  const within = await tryWithin(client, subject, options);
  const findings = [...rows.findings, ...probeFindings(model.config, model, within.probed)];
  // What nobody has been given yet cannot leak for want of an answer.
  const reachable = model.relations.filter(({ relation }) => !granted.has(relation.oid));
  const verdicts = judgeRelations(reachable, {
    ...{ probed: within.probed, findings, notFinished: rows.notFinished, bypass: undefined },
  });
  return {
    findings,
    notTried: [
      ...lackingOf(audited, within.probed, within.lacking).map(asNotTried),
      ...untried(within).filter(({ required }) => !required),
      ...verdicts.filter(({ verdict }) => verdict === 'inconclusive').map(undecided),
      ...within.left,
    ],
    probes: sumTallies(verdicts.map(({ probes }) => probes)),
  };
}

function undecided({ schema, name, reason = '' }: RelationVerdict): NotTried {
  return { schema, object: name, what: 'inconclusive', reason, required: true };
}

/** A reason that concerns the whole database. */
export function asNotTried({ reason, remedy }: Lacking): NotTried {
  return { schema: '', object: '', what: 'inconclusive', reason, required: true, remedy };
}
