import { displayName } from '../../identifiers.js';
import type { Block, Cell } from '../../report/report.js';
import { COMMANDS, CONTEXTS, type Coverage } from '../coverage.js';
import type { ProbeContext } from '../probe/proof/proof.js';
import type { RelationVerdict } from '../verdict.js';

const LEGEND =
  'A number is how many statements were tried, all of them denied; ? had no answer; - was not tried. The columns are the ' +
  "context: another tenant's, one that was never set, what is left of one after a commit, '', what is no key, and a key " +
  'that no tenant has.';

/** Short, so that names have room in 80 columns. */
const HEADS: Record<ProbeContext, string> = {
  ...{ tenant: 'tenant', 'never set': 'unset', 'after commit': 'commit' },
  ...{ empty: 'empty', malformed: 'no key', unknown: 'unknown' },
};

/** Relation × command × context: what was proven, what was refuted, what is open. */
export function drawCoverage(relations: readonly RelationVerdict[], open: boolean): Block[] {
  const rows = relations
    .filter(({ class: kind, verdict }) => kind !== 'internal' || verdict === 'leaking')
    .filter(({ coverage }) => coverage.length > 0)
    .flatMap(rowsOf);
  if (rows.length === 0) return [];
  const blocks: Block[] = [
    { kind: 'table', head: ['relation', ...CONTEXTS.map((context) => HEADS[context])], rows },
    { kind: 'text', indent: 1, spans: [LEGEND] },
  ];
  return [{ kind: 'details', title: 'What was tried', open, blocks }];
}

/** The relation on a line of its own, then each command on it. */
function rowsOf(relation: RelationVerdict): Cell[][] {
  const name: Cell = { text: displayName(relation), tone: 'strong' };
  const commands = COMMANDS.filter((command) => relation.coverage.some((cell) => cell.command === command));
  return [
    [name, ...CONTEXTS.map(() => '')],
    ...commands.map((command) => [
      `  ${command}`,
      ...CONTEXTS.map((context) =>
        drawCell(relation.coverage.find((cell) => cell.command === command && cell.context === context)),
      ),
    ]),
  ];
}

function drawCell(cell: Coverage | undefined): Cell {
  if (!cell) return { text: '-', tone: 'muted' };
  switch (cell.result) {
    case 'denied':
      return String(cell.tried);
    case 'allowed':
      return { text: 'allowed', tone: 'muted' };
    case 'failed':
      return { text: '?', tone: 'warn' };
    case 'crossed':
      return { text: 'open', tone: 'bad' };
  }
}
