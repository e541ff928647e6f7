import { displayName } from '../identifiers.js';
import type { Block, Cell } from '../report/report.js';
import { COMMANDS, CONTEXTS, type Coverage } from './coverage.js';
import type { RelationVerdict } from './verdict.js';

/** Relation × command × context: how many crossings were denied, and where one went through or had no answer. */
export function drawCoverage(relations: readonly RelationVerdict[], open: boolean): Block[] {
  const rows = relations.filter(({ coverage }) => coverage.length > 0).flatMap(rowsOf);
  if (rows.length === 0) return [];
  const blocks: Block[] = [
    { kind: 'table', head: ['relation', 'command', ...CONTEXTS], rows },
    {
      kind: 'text',
      indent: 0,
      spans: [
        'A number says how many statements were tried, all of them denied; a column is the context: another tenant’s, one that was never set, that of a transaction that is over, the empty string, what is no key, and a key that no tenant has.',
      ],
    },
  ];
  return [{ kind: 'details', title: 'What was tried', open, blocks }];
}

function rowsOf(relation: RelationVerdict): Cell[][] {
  const commands = COMMANDS.filter((command) => relation.coverage.some((cell) => cell.command === command));
  return commands.map((command, index) => [
    index === 0 ? displayName(relation) : '',
    command,
    ...CONTEXTS.map((context) =>
      drawCell(relation.coverage.find((cell) => cell.command === command && cell.context === context)),
    ),
  ]);
}

function drawCell(cell: Coverage | undefined): Cell {
  if (!cell) return { text: '-', tone: 'muted' };
  switch (cell.result) {
    case 'denied':
      return String(cell.tried);
    case 'allowed':
      return { text: 'allowed', tone: 'muted' };
    case 'failed':
      return { text: 'no answer', tone: 'warn' };
    case 'crossed':
      return { text: 'through', tone: 'bad' };
  }
}
