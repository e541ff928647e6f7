import type { CheckInfo } from '../check.js';
import type { Family, Finding } from '../finding.js';
import type { RelationVerdict } from '../verdict.js';
import { besideTraffic, type FixStatement } from './statement.js';

/** What was found, by which checks, on which relations. */
export interface Fixable {
  findings: readonly Finding[];
  checks: readonly CheckInfo[];
  relations: readonly Pick<RelationVerdict, 'schema' | 'name' | 'kind'>[];
}

/** The statements of one finding. */
export interface FixStep {
  finding: Finding;
  statements: FixStatement[];
}

export interface FixPlan {
  /** What can run in one transaction. */
  together: FixStep[];
  /** What cannot, or would keep others waiting for as long as it takes: each statement is a transaction of its own. */
  apart: FixStep[];
  /** What only a person can mend. */
  byHand: Finding[];
}

/** First what closes a door, then what the rest builds on: a table's policies before it is switched on, its keys last. */
const ORDER: readonly Family[] = [
  ...([
    'roles',
    'grants',
    'functions',
    'views',
    'policies',
    'rls',
    'keys',
    'data',
    'configuration',
    'probe',
  ] as const),
];

/**
 * Puts the fixes of what is not waived in an order in which they can run. A statement that two findings ask for is there
 * once.
 */
export async function planFixes({ findings, checks, relations }: Fixable): Promise<FixPlan> {
  const families = new Map(checks.map(({ id, family }) => [id, family]));
  const open = findings.filter(({ waived }) => !waived);
  const rank = ({ check }: Finding) => ORDER.indexOf(families.get(check) ?? 'data');
  const plan: FixPlan = { together: [], apart: [], byHand: [] };
  const seen = new Set<string>();
  for (const finding of open.toSorted((a, b) => rank(a) - rank(b))) {
    const { fix } = finding;
    if (fix === undefined) {
      if (!isConsequence(finding, open)) plan.byHand.push(finding);
      continue;
    }
    const statements = await besideTraffic(fix, finding, relations);
    const validates = statements.some((each) => each.validates);
    const offending = open.find((other) => other.evidence === 'data' && isAbout(other, finding));
    if (validates && offending) {
      plan.byHand.push({
        ...finding,
        remedy: `mend its rows first (${offending.check}), then --fix once more`,
      });
      continue;
    }
    const fresh = statements.filter(({ text }) => !seen.has(text));
    for (const { text } of fresh) seen.add(text);
    // As a whole in one file: its statements build on one another.
    const file = statements.some(({ apart }) => apart) ? plan.apart : plan.together;
    if (fresh.length > 0) file.push({ finding, statements: fresh });
  }
  return plan;
}

/** A crossing goes through because of something; where that is mended, so is the crossing. */
function isConsequence(finding: Finding, findings: readonly Finding[]): boolean {
  return (
    finding.evidence === 'probe' &&
    findings.some((other) => other.evidence !== 'probe' && isAbout(other, finding))
  );
}

function isAbout(one: Finding, other: Finding): boolean {
  return one.schema === other.schema && one.object === other.object;
}
