import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { CheckInfo } from '../../check.js';
import type { Finding } from '../../finding.js';
import { CROSSINGS } from './crossings.js';
import type { Proof } from './proof.js';

/** One finding per relation and kind of crossing, however many statements went through. */
export function crossingFindings(
  known: ClassifiedRelation,
  proofs: readonly Proof[],
  role: string,
): Finding[] {
  const groups = new Map<CheckInfo, [Proof, ...Proof[]]>();
  for (const proof of proofs) {
    if (proof.result !== 'crossed' && proof.result !== 'allowed') continue;
    const check = kindOf(known, proof);
    const group = groups.get(check);
    if (group) group.push(proof);
    else groups.set(check, [proof]);
  }
  // A plan that shows another tenant's rows says something only where a new plan does not.
  if (groups.has(CROSSINGS.select)) groups.delete(CROSSINGS.plan);
  const { schema, name } = known.relation;
  return [...groups].map(([check, crossed]) => ({
    key: `${check.id}:${quoteName(known.relation)}`,
    check: check.id,
    severity: severityOf(check, crossed),
    ...{ schema, object: name, detail: describe(crossed, role), evidence: 'probe' },
    statement: crossed[0].statement,
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

/** That something exists is a remark where only its makers know what to ask for. */
function severityOf(check: CheckInfo, crossed: readonly Proof[]): Finding['severity'] {
  const isTold = check === CROSSINGS.existence && crossed.every(({ result }) => result === 'allowed');
  return isTold ? 'info' : check.severity;
}

function kindOf(known: ClassifiedRelation, { command, form, kind, context, result }: Proof): CheckInfo {
  if (known.class === 'shared') return CROSSINGS.shared;
  if (kind !== undefined) return CROSSINGS[kind];
  if (result === 'allowed') return CROSSINGS.root;
  if (context !== 'tenant') return CROSSINGS.context;
  if (form === 'prepared') return CROSSINGS.plan;
  if (form === 'move' || form === 'move blindly') return CROSSINGS.move;
  return command === 'truncate' ? CROSSINGS.delete : CROSSINGS[command];
}

/** Forms that the login goes through with as itself, and those that take a guise. */
function nameForms(crossed: readonly Proof[]): string[] {
  const plain = new Set(crossed.filter(({ guise }) => guise === undefined).map(({ form }) => form));
  const guised = crossed.filter(({ guise, form }) => guise !== undefined && !plain.has(form));
  return [...plain, ...guised.map(({ form, guise }) => `${form} (${guise})`)];
}

/** 'booking_app, as one tenant, read another tenant's row: by key, unqualified'. */
function describe(crossed: readonly [Proof, ...Proof[]], role: string): string {
  const [first] = crossed;
  const list = (texts: string[]) => [...new Set(texts)].join(', ');
  if (first.context === 'tenant') {
    return `${role}, as one tenant, ${first.detail}: ${list(nameForms(crossed))}`;
  }
  const contexts = [...new Set(crossed.map(({ context }) => context))].map((context) => {
    const commands = crossed.filter((proof) => proof.context === context).map(({ command }) => command);
    return `${context} (${list(commands)})`;
  });
  return `${role}, without a tenant, ${first.detail}; context ${contexts.join(', ')}`;
}
