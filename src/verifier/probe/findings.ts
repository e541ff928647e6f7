import { quoteIdent, quoteName } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { CheckInfo } from '../check.js';
import type { Finding } from '../finding.js';
import { CROSSINGS } from './crossings.js';
import type { Proof } from './proof.js';

/** One finding per relation and kind of crossing, however many statements went through. */
export function crossingFindings(
  known: ClassifiedRelation,
  proofs: readonly Proof[],
  role: string,
): Finding[] {
  const groups = new Map<CheckInfo, Proof[]>();
  for (const proof of proofs) {
    if (proof.result !== 'crossed') continue;
    const check = kindOf(known, proof);
    groups.set(check, [...(groups.get(check) ?? []), proof]);
  }
  const { schema, name } = known.relation;
  return [...groups].map(([check, crossed]) => ({
    key: `${check.id}:${quoteName(known.relation)}`,
    check: check.id,
    severity: check.severity,
    ...{ schema, object: name, detail: describe(crossed, role), evidence: 'probe' },
  }));
}

/** A session of the login that had a tenant before anyone set it. */
export function defaultFinding(
  setting: string,
  value: string,
  contexts: readonly string[],
  role: string,
): Finding {
  const { id, severity } = CROSSINGS.default;
  const detail = `${setting} is ${JSON.stringify(value)} in a session of ${role}: ${contexts.join(', ')}`;
  return {
    ...{ key: `${id}:${quoteIdent(role)}`, check: id, severity, schema: '', object: role, detail },
    evidence: 'probe',
  };
}

function kindOf(known: ClassifiedRelation, { command, form, context }: Proof): CheckInfo {
  if (known.class === 'shared') return CROSSINGS.shared;
  if (known.class === 'root' && command === 'insert' && form !== 'on conflict do update')
    return CROSSINGS.root;
  if (context !== 'tenant') return CROSSINGS.context;
  if (form === 'prepared') return CROSSINGS.plan;
  if (form === 'move' || form === 'move blindly') return CROSSINGS.move;
  return command === 'truncate' ? CROSSINGS.delete : CROSSINGS[command];
}

/** 'booking_app reached 1 row of other tenants (unqualified): select * from …; also by key, blind'. */
function describe(crossed: readonly Proof[], role: string): string {
  const [first] = crossed;
  if (!first) return '';
  const under = first.context === 'tenant' ? 'as one tenant' : `with the context ${first.context}`;
  const label = ({ context, form, command }: Proof) =>
    context === 'tenant' ? form : `${command} ${form} with the context ${context}`;
  const others = [...new Set(crossed.map(label))].filter((text) => text !== label(first));
  const also = others.length === 0 ? '' : `; also ${others.join(', ')}`;
  return `${role}, ${under}: ${first.detail ?? 'went through'}, by ${first.statement}${also}`;
}
