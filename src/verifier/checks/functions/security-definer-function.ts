import type { DatabaseFunction } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check, Subject } from '../../check.js';
import type { Severity } from '../../finding.js';
import {
  bodyOf,
  faultOfFunction,
  functionOf,
  isCallable,
  policyFunctions,
  signature,
} from '../../functions.js';
import { choicesOf, type Reading, readingsOf } from '../../policy/rows.js';
import { tenantTables } from '../../relations.js';
import { type Run, runsOf } from '../../runs.js';
import { isUnbound } from '../../view-rows.js';

export const securityDefinerFunction: Check = {
  id: 'security-definer-function',
  family: 'functions',
  title: 'A SECURITY DEFINER function reads or writes tenant tables without policies',
  severity: 'error',
  explanation:
    'A SECURITY DEFINER function runs as its owner. Where policies do not bind that owner, whatever the function does not ' +
    "restrict itself it does for every tenant, and EXECUTE is PUBLIC's by default. Its body is read: statements held to the " +
    'current tenant are no fault, unrestricted ones are (error); what an IF may keep strangers from, triggers, yes-or-no ' +
    'answers, dynamic SQL and other languages are for a person to look into (warn, inconclusive). Functions that policies call ' +
    'are left to the probe.',
  onlyUnderRls: true,
  *find(subject) {
    const helpers = new Set(policyFunctions(subject));
    const byName = relationsByName(subject);
    for (const fn of subject.snapshot.functions) {
      if (!fn.securityDefiner || fn.extension !== undefined || helpers.has(fn)) continue;
      if (!isCallable(subject, fn)) continue;
      const exposure = exposureOf(subject, fn, byName);
      if (!exposure) continue;
      const { severity, detail, undecided } = exposure;
      yield faultOfFunction(fn, `runs as ${fn.owner} and ${detail}`, { severity, undecided });
    }
  },
  fix(fault, subject) {
    const fn = functionOf(subject, fault);
    const exposure = fn && exposureOf(subject, fn, relationsByName(subject));
    return exposure?.unsure ? undefined : fn && `ALTER ROUTINE ${signature(fn)} SECURITY INVOKER;`;
  },
};

interface Exposure {
  severity: Severity;
  detail: string;
  /** It may well be in order, and then depends on its owner's privileges: no fix is mechanical. */
  unsure?: true;
  /** Whether it hands anything out cannot be read here. */
  undecided?: true;
}

function exposureOf(
  subject: Subject,
  fn: DatabaseFunction,
  byName: ReadonlyMap<string, readonly ClassifiedRelation[]>,
): Exposure | undefined {
  const exposures = runsOf(subject, fn).flatMap((run) => {
    const exposure = exposureBy(subject, run, byName);
    const detail = run.fn === fn ? '' : `, by ${run.fn.name}()`;
    return exposure ? [{ ...exposure, detail: `${exposure.detail}${detail}` }] : [];
  });
  const worst = exposures.find(({ severity }) => severity === 'error') ?? exposures[0];
  // A trigger, or one that only says yes or no, may be meant to look further; whether it tells of it, nobody has tried.
  return worst && isReserved(fn) ? { ...worst, severity: 'warn', undecided: true } : worst;
}

const isReserved = ({ returns }: DatabaseFunction) => ['boolean', 'trigger'].includes(returns);

/** The same for one of the functions that run then. */
function exposureBy(
  subject: Subject,
  { fn, as }: Run,
  byName: ReadonlyMap<string, readonly ClassifiedRelation[]>,
): Exposure | undefined {
  const isOpenTo = ({ relation }: ClassifiedRelation) => isUnbound(subject, as, relation);
  const isFree = tenantTables(subject).some(isOpenTo);
  const body = bodyOf(subject, fn);
  if (!body) {
    const detail = `policies do not bind it; ${fn.language} cannot be read here`;
    return isFree ? { ...{ severity: 'warn', unsure: true, undecided: true }, detail } : undefined;
  }
  const readings = body.statements
    .flatMap((statement) => {
      const resolve = resolver(fn, byName);
      const found = readingsOf(subject, statement, resolve);
      const guarded = body.isGuarded(statement);
      const told = choicesOf(subject, statement, resolve).map(leftToReview);
      const taken = guarded ? found.map(leftToReview) : found;
      return [
        ...taken.map((reading) => ({ ...reading, guarded })),
        ...told.map((one) => ({ ...one, guarded: true })),
      ];
    })
    .filter(({ relation, rows }) => rows !== 'closed' && isOpenTo(relation));
  const worst = readings.find(({ rows }) => rows === 'open') ?? readings[0];
  if (worst) {
    const table = worst.relation.relation.name;
    if (worst.rows === 'unknown') {
      const detail = `may reach ${table} of every tenant`;
      const unsure = readings.some(({ guarded }) => guarded) && { unsure: true as const };
      return { severity: 'warn', detail, undecided: true, ...unsure };
    }
    const severity = isReserved(fn) ? 'warn' : 'error';
    return { severity, detail: `reaches ${table} of every tenant` };
  }
  const detail = 'policies do not bind it; it runs dynamic SQL';
  return isFree && body.dynamic ? { severity: 'warn', detail, undecided: true } : undefined;
}

/** Whether an IF lets only those in who may, is for a person to say. */
function leftToReview(reading: Reading): Reading {
  return reading.rows === 'open' ? { ...reading, rows: 'unknown' } : reading;
}

function relationsByName(subject: Subject): Map<string, ClassifiedRelation[]> {
  const byName = new Map<string, ClassifiedRelation[]>();
  for (const known of subject.tenancy.relations) {
    byName.set(known.relation.name, [...(byName.get(known.relation.name) ?? []), known]);
  }
  return byName;
}

/** An unqualified name may mean any schema's table: which one, the search path of the call decides. */
function resolver(fn: DatabaseFunction, byName: ReadonlyMap<string, readonly ClassifiedRelation[]>) {
  return (schema: string | undefined, name: string): ClassifiedRelation | undefined => {
    const candidates = byName.get(name) ?? [];
    const inSchema = candidates.find(({ relation }) => relation.schema === (schema ?? fn.schema));
    return schema === undefined ? (inSchema ?? candidates[0]) : inSchema;
  };
}
