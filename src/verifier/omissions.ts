import type { AuditResult } from './audit.js';
import type { NotFinished } from './data/audit-data.js';
import { shownName } from './functions.js';
import type { Lacking } from './lacking.js';
import type { ProbeResult } from './probe/probe.js';
import { NO_CONTEXT } from './probe/session/session.js';
import type { NotTried } from './verdict.js';

/**
 * What the run lacks as a whole.
 *
 * @param already why there was no probe
 */
export function lackingOf(
  { model, notFinished }: Pick<AuditResult, 'model' | 'notFinished'>,
  probed: ProbeResult | undefined,
  already: Lacking | undefined,
): Lacking[] {
  const found: Lacking[] = already ? [already] : [];
  if (!model.relations.some((known) => known.class === 'tenant' || known.class === 'root')) {
    found.push({
      reason: 'there is no relation of tenants, so nothing was proven',
      remedy: 'check tenancy.root and tenancy.column, and that the migrations have run',
    });
  }
  if (probed?.reason !== undefined) {
    found.push({
      reason: `no row of two tenants could be had: ${probed.reason}`,
      remedy: probed.reason.includes(NO_CONTEXT)
        ? 'mend tenancy.context; in its sql, $1 is text: write $1::text where PostgreSQL cannot tell'
        : 'let two tenants exist, or say how to make one: tenancy.probe.fixtures',
    });
  } else if (!already && !probed?.relations.some(({ proofs }) => proofs.length > 0)) {
    found.push({ reason: 'no crossing was tried', remedy: 'grant the app role what the application needs' });
  }
  for (const { object, check, why } of notFinished.filter(({ schema }) => schema === '')) {
    found.push({ reason: `${check} did not finish: ${why}`, remedy: `run ${object} by itself with psql` });
  }
  return found;
}

/** What was left out, relation by relation. */
export function notTried(
  { model, notFinished }: Pick<AuditResult, 'model' | 'notFinished'>,
  probed: ProbeResult | undefined,
): NotTried[] {
  const relations = new Map(model.relations.map((known) => [known.relation.oid, known.relation]));
  const omitted = (probed?.relations ?? []).flatMap(({ relation, omissions }) => {
    const known = relations.get(relation);
    if (!known) return [];
    const { schema, name } = known;
    return omissions.map((omission) => ({ schema, object: name, ...omission }));
  });
  const unfinished = notFinished.map(({ check, schema, object, why }: NotFinished) => ({
    ...{ schema, object, what: check, reason: why, required: true },
    // Row security is off for the auditor, so that a policy that would hide rows from it is an error.
    ...(why.includes('42501') && {
      remedy: 'audit as a role that every row is open to: BYPASSRLS, or a superuser',
    }),
  }));
  return [...omitted, ...uncalled(probed), ...unfinished];
}

function uncalled(probed: ProbeResult | undefined): NotTried[] {
  return (probed?.functions ?? []).flatMap(({ fn, omission }) =>
    omission === undefined
      ? []
      : [{ schema: fn.schema, object: shownName(fn), what: 'call', reason: omission, required: false }],
  );
}
