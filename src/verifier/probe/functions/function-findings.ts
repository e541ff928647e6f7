import { quoteName } from '../../../identifiers.js';
import type { Finding } from '../../finding.js';
import { shownName } from '../../functions.js';
import { CROSSINGS } from '../proof/crossings.js';
import type { FunctionCall, FunctionProbe } from './functions.js';

/** What came of the calls of one function. */
export interface FunctionVerdict {
  schema: string;
  /** As a finding names it. */
  object: string;
  crossed: boolean;
}

/** Every function that was called, and answered. */
export function functionVerdicts(probes: readonly FunctionProbe[]): FunctionVerdict[] {
  return probes
    .filter(({ calls }) => calls.length > 0)
    .map(({ fn, calls }) => ({
      ...{ schema: fn.schema, object: shownName(fn) },
      crossed: calls.some((call) => call.crossed),
    }));
}

/** One finding per function and kind, however many of its calls crossed. */
export function functionFindings(probes: readonly FunctionProbe[], role: string): Finding[] {
  return [...handedOut(probes, role), ...settings(probes, role)];
}

function settings(probes: readonly FunctionProbe[], role: string): Finding[] {
  const { id, severity } = CROSSINGS.sets;
  return probes.flatMap(({ fn, sets, calls }) => {
    if (sets === undefined) return [];
    const object = shownName(fn);
    return {
      key: `${id}:${quoteName({ schema: fn.schema, name: object })}`,
      ...{ check: id, severity, schema: fn.schema, object, evidence: 'probe' as const },
      detail: `${role}, as one tenant, called it and had another value in ${sets}, which nobody had named`,
      statement: calls[0]?.statement,
    };
  });
}

function handedOut(probes: readonly FunctionProbe[], role: string): Finding[] {
  const { id, severity } = CROSSINGS.function;
  return probes.flatMap(({ fn, calls }) => {
    const crossed = calls.filter((call) => call.crossed);
    const [first] = crossed;
    if (!first) return [];
    const object = shownName(fn);
    return {
      key: `${id}:${quoteName({ schema: fn.schema, name: object })}`,
      ...{ check: id, severity, schema: fn.schema, object, evidence: 'probe' as const },
      detail: `${role} called it ${CALLED[first.passed]}: ${crossed.map(nameCall).join(', ')}`,
      statement: first.statement,
    };
  });
}

const CALLED = {
  nothing: "without arguments and got what is another tenant's",
  key: "with another tenant's key and got what is that tenant's",
  query: "with a query and got what is another tenant's",
};

function nameCall({ context, guise }: FunctionCall): string {
  const who = context === 'tenant' ? 'as one tenant' : 'as a tenant that does not exist';
  return guise === undefined ? who : `${who} (${guise})`;
}
