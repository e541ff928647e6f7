import type { ClassifiedRelation } from '../tenancy/model.js';
import type { NotFinished } from './data/audit-data.js';
import type { Finding } from './finding.js';
import type { Decisions } from './policy/decisions.js';
import type { ProbeResult } from './probe/probe.js';
import { judgeRelation, type RelationVerdict } from './verdict.js';

/** What is known of the whole database. */
export interface Evidence {
  /** undefined where nothing was probed. */
  probed: ProbeResult | undefined;
  findings: readonly Finding[];
  notFinished: readonly NotFinished[];
  /** Why the login's own attributes open everything, whatever policies say. */
  bypass: string | undefined;
  decisions?: Decisions | undefined;
  /** Why the run as a whole can prove nothing of any relation. */
  partial?: string | undefined;
}

/** The verdict on each of `relations`. */
export function judgeRelations(
  relations: readonly ClassifiedRelation[],
  { probed, findings, notFinished, bypass, decisions, partial }: Evidence,
): RelationVerdict[] {
  const probes = new Map(probed?.relations.map((probe) => [probe.relation, probe]));
  const found = byObject(findings);
  const open = byObject(notFinished);
  return relations.map((known) => {
    const { oid, schema, name } = known.relation;
    const here = nameOf(schema, name);
    return judgeRelation({
      ...{ known, probe: probes.get(oid), findings: found.get(here) ?? [] },
      ...{ notFinished: open.get(here) ?? [], bypass, policies: decisions?.of.get(oid), partial },
    });
  });
}

function byObject<T extends { schema: string; object: string }>(facts: readonly T[]): Map<string, T[]> {
  const grouped = new Map<string, T[]>();
  for (const fact of facts) {
    const key = nameOf(fact.schema, fact.object);
    const known = grouped.get(key);
    if (known) known.push(fact);
    else grouped.set(key, [fact]);
  }
  return grouped;
}

/** No name holds a NUL. */
function nameOf(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
