import type { Node } from 'libpg-query';
import { kindOfStatement } from '../../postgres/statement-kind.js';
import { parseStatements } from '../../postgres/statements.js';
import type { Family, Finding } from '../finding.js';
import type { VerifyResult } from '../verify.js';

/** The statements of one finding. */
export interface FixStep {
  finding: Finding;
  statements: string[];
}

export interface FixPlan {
  /** What can run in one transaction. */
  together: FixStep[];
  /** What cannot, or would keep writers waiting for as long as it takes. */
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
export async function planFixes({
  findings,
  checks,
  relations,
}: Pick<VerifyResult, 'findings' | 'checks' | 'relations'>): Promise<FixPlan> {
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
    const partitioned = relations.some(
      ({ schema, name, kind }) =>
        schema === finding.schema && name === finding.object && kind === 'partitioned table',
    );
    const { together, apart } = await divide(fix, partitioned);
    for (const [steps, statements] of [
      [plan.together, together],
      [plan.apart, apart],
    ] as const) {
      const fresh = statements.filter((text) => !seen.has(text));
      for (const text of fresh) seen.add(text);
      if (fresh.length > 0) steps.push({ finding, statements: fresh });
    }
  }
  return plan;
}

/** A crossing goes through because of something; where that is mended, so is the crossing. */
function isConsequence({ evidence, schema, object }: Finding, findings: readonly Finding[]): boolean {
  return (
    evidence === 'probe' &&
    findings.some((other) => other.evidence !== 'probe' && other.schema === schema && other.object === object)
  );
}

async function divide(fix: string, partitioned: boolean): Promise<{ together: string[]; apart: string[] }> {
  const statements = await parseStatements({ path: 'a fix', text: fix, line: 1 }, false);
  const together: string[] = [];
  const apart: string[] = [];
  for (const { text } of statements) {
    const trimmed = text.trim();
    const kind = await kindOfStatement(trimmed);
    // PostgreSQL builds no index concurrently on a partitioned table.
    const builds = statements.length === 1 && !partitioned && (await isPlainIndex(trimmed));
    if (builds) apart.push(trimmed.replace(/^CREATE INDEX/i, 'CREATE INDEX CONCURRENTLY'));
    else if (!kind.transactional || (await isValidation(trimmed))) apart.push(trimmed);
    else together.push(trimmed);
  }
  return { together, apart };
}

async function isPlainIndex(text: string): Promise<boolean> {
  const node = await nodeOf(text);
  if (!node || !('IndexStmt' in node)) return false;
  const { unique = false, concurrent = false } = node.IndexStmt;
  return !unique && !concurrent;
}

/** It reads the whole table, and takes a lock that lets others read and write; its transaction may hold worse ones. */
async function isValidation(text: string): Promise<boolean> {
  const node = await nodeOf(text);
  if (!node || !('AlterTableStmt' in node)) return false;
  const commands = node.AlterTableStmt.cmds ?? [];
  return commands.every(
    (command) => 'AlterTableCmd' in command && command.AlterTableCmd.subtype === 'AT_ValidateConstraint',
  );
}

async function nodeOf(text: string): Promise<Node | undefined> {
  const { parse } = await import('libpg-query');
  return (await parse(text)).stmts?.[0]?.stmt;
}
