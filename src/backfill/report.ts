import { displayName, quoteIdent, quoteName } from '../identifiers.js';
import type { Target } from '../postgres/server.js';
import type { Block, Cell, Report } from '../report/report.js';
import { tableDocument } from './document.js';
import { addColumnSql } from './expand.js';
import { describeSource } from './plan.js';
import type { BackfillResult } from './run.js';
import type { LeftReason } from './sql.js';
import type { TableResult } from './table.js';

/** Why rows were left, and what to do about it. */
const REASONS: Record<LeftReason, { what: string; remedy: (table: TableResult) => string }> = {
  conflict: {
    what: 'different foreign keys lead to different tenants',
    remedy: () => 'decide for each: all of them are in tenantctl.backfill_conflict',
  },
  orphan: {
    what: 'what is referred to does not exist',
    remedy: () => 'mend or delete them; the foreign key was never validated',
  },
  parent: {
    what: 'what is referred to has no tenant itself',
    remedy: ({ plan }) => `backfill ${endsOf(plan).join(' and ')} first`,
  },
  'no-link': {
    what: 'nothing is referred to that leads to a tenant',
    remedy: ({ plan }) => `tenantctl backfill-tenant ${displayName(plan.relation)} --tenant VALUE`,
  },
};

/** Draws what came of backfill-tenant, or, of a dry run, what would be done. */
export function backfillReport(target: Target, result: BackfillResult, exitCode: number): Report {
  const { dryRun, tenant, tables, skipped } = result;
  return {
    document: {
      ...{ version: 1, command: 'backfill-tenant', target, exitCode },
      ...{ dryRun, tenant: tenant ?? null, tables: tables.map(tableDocument), skipped },
    },
    blocks: [
      headline(result),
      ...(tables.length > 0 ? [table(result)] : []),
      ...tables.flatMap((each) => notes(each, dryRun)),
      ...skippedNote(result),
    ],
  };
}

function headline({ dryRun, tables }: BackfillResult): Block {
  const remaining = tables.reduce((sum, each) => sum + each.remaining, 0);
  if (tables.length === 0)
    return line({ text: 'Nothing to do: ', tone: 'good' }, 'every row has its tenant.');
  if (dryRun) return line('Would fill these tables, in this order:');
  if (remaining === 0)
    return line({ text: 'Done: ', tone: 'good' }, 'every row of these tables has its tenant.');
  return line({ text: 'Not done: ', tone: 'bad' }, `${count(remaining, 'row')} could not be filled.`);
}

function table({ dryRun, tables }: BackfillResult): Block {
  const head = dryRun ? ['Table', 'Rows', 'To fill', 'From'] : ['Table', 'Rows', 'Filled', 'Left', 'From'];
  return {
    kind: 'table',
    head,
    rows: tables.map((each) => {
      const name = displayName(each.plan.relation);
      const from = describeSource(each.plan).join('\n') || 'nothing leads to a tenant';
      const rows = number(each.before.rows);
      if (dryRun) return [name, rows, number(each.before.unfilled), from];
      const left: Cell = { text: number(each.remaining), tone: each.remaining > 0 ? 'bad' : 'good' };
      return [name, rows, number(each.tally.updated), left, from];
    }),
  };
}

function notes(each: TableResult, dryRun: boolean): Block[] {
  const { plan, added, tally, remaining } = each;
  const name = displayName(plan.relation);
  const changed = Object.entries(tally.changed).map(([column, rows]) => `${column} of ${count(rows, 'row')}`);
  return [
    ...(plan.missing && dryRun ? [line(`${name} would get the column first:`), sql(addColumnSql(plan))] : []),
    ...(plan.triggers.length > 0 && dryRun && each.before.unfilled > 0
      ? [warning(`filling ${name} fires its triggers ${plan.triggers.join(', ')}.`)]
      : []),
    ...(changed.length > 0 ? [warning(`${name}: its triggers also changed ${changed.join(', ')}.`)] : []),
    ...(plan.truncated
      ? [warning(`${name}: there are more ways to a tenant than those that are used.`)]
      : []),
    ...(dryRun ? [] : leftRows(each)),
    ...(added && remaining === 0
      ? [line(`Next for ${name}, in a migration outside a transaction:`), sql(nextSteps(each))]
      : []),
  ];
}

function leftRows(each: TableResult): Block[] {
  const name = displayName(each.plan.relation);
  const entries = Object.entries(each.tally.left) as [LeftReason, number][];
  const known = entries.flatMap(([reason, rows]) => {
    const { what, remedy } = REASONS[reason];
    const samples = each.tally.samples.filter((sample) => sample.reason === reason);
    const shown = samples.map(({ key }) =>
      Object.entries(key)
        .map((pair) => pair.join('='))
        .join(' '),
    );
    return [
      line(
        { text: `${name}: `, tone: 'strong' },
        `${count(rows, 'row')} left: ${what} (${shown.join(', ')}).`,
      ),
      line({ text: 'Try: ', tone: 'strong' }, remedy(each)),
    ];
  });
  if (known.length > 0 || each.remaining === 0) return known;
  return [
    line({ text: `${name}: `, tone: 'strong' }, `nothing leads from its rows to a tenant.`),
    line({ text: 'Try: ', tone: 'strong' }, REASONS['no-link'].remedy(each)),
  ];
}

/** What keeps the column filled from now on; each by itself, so that no lock is held for long. */
function nextSteps({ plan }: TableResult): string {
  const { relation, column } = plan;
  const [on, name] = [quoteName(relation), quoteIdent(column)];
  const check = quoteIdent(`${relation.name}_${column}_not_null`);
  return [
    `ALTER TABLE ${on} ADD CONSTRAINT ${check} CHECK (${name} IS NOT NULL) NOT VALID`,
    `ALTER TABLE ${on} VALIDATE CONSTRAINT ${check}`,
    `ALTER TABLE ${on} ALTER COLUMN ${name} SET NOT NULL`,
    `ALTER TABLE ${on} DROP CONSTRAINT ${check}`,
    // A partitioned table takes none CONCURRENTLY.
    `CREATE INDEX ${relation.kind === 'partitioned table' ? '' : 'CONCURRENTLY '}ON ${on} (${name})`,
  ].join(';\n');
}

function skippedNote({ skipped }: BackfillResult): Block[] {
  if (skipped.length === 0) return [];
  const names = skipped.map((each) => displayName(each)).join(', ');
  return [
    line(
      { text: 'Left alone: ', tone: 'muted' },
      `${names}: nothing leads from there to a tenant. A foreign key would; or backfill-tenant TABLE --tenant VALUE, or tenancy.shared.`,
    ),
  ];
}

function endsOf(plan: TableResult['plan']): string[] {
  return [...new Set(plan.paths.flatMap(({ steps }) => steps.at(-1)?.to ?? []).map((to) => displayName(to)))];
}

function sql(text: string): Block {
  return { kind: 'code', language: 'sql', text: `${text};` };
}

function warning(text: string): Block {
  return line({ text: 'Warning: ', tone: 'warn' }, text);
}

function line(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}

function count(rows: number, what: string): string {
  return `${number(rows)} ${what}${rows === 1 ? '' : 's'}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
