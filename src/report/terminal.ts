import type { Block, Cell, Report, Span, Tone } from './report.js';

/** What colours text: chalk, or PLAIN. */
type Palette = Record<'green' | 'red' | 'yellow' | 'dim' | 'bold', (text: string) => string>;

const same = (text: string) => text;
/** For files. */
export const PLAIN: Palette = { green: same, red: same, yellow: same, dim: same, bold: same };

/**
 * Draws a report for a terminal of `columns` characters.
 *
 * @param fold breaks lines that stay as they are elsewhere, where a program may look for them, between words, too
 */
export async function renderTerminal(
  report: Report,
  chalk: Palette,
  columns: number,
  fold = false,
): Promise<string> {
  const paint = painter(chalk);
  const drawAll = async (blocks: readonly Block[]) =>
    (await Promise.all(blocks.filter(isShown).map(draw))).join('\n');
  const draw = async (block: Block): Promise<string> => {
    switch (block.kind) {
      case 'heading':
        return `\n${chalk.bold(block.text)}`;
      case 'text':
        return wrap(block.spans, columns, block.indent ?? (fold && isProse(block.spans) ? 0 : undefined))
          .map((line) => line.map(paint).join(''))
          .join('\n');
      case 'details':
        return drawAll([{ kind: 'heading', text: block.title }, ...block.blocks]);
      case 'code':
        return block.text.replaceAll(/^/gm, '    ');
      case 'table': {
        const widths = columnWidths(block.head, block.rows, columns);
        const rows = [block.head.map((text): Cell => ({ text, tone: 'strong' })), ...block.rows];
        if (isPlain(rows, widths)) return trimLines(fillUp(rows, widths, paint));
        const { default: Table } = await import('cli-table3');
        const table = new Table({
          head: block.head.map((title) => chalk.bold(title)),
          colWidths: widths,
          // Looking for where to wrap takes longer than all the rest.
          wordWrap: needsWrap(block.rows, widths),
          wrapOnWordBoundary: true,
          style: { head: [], border: [], compact: true },
          chars: PLAIN_BORDERS,
        });
        table.push(
          ...block.rows.map((row) => row.map((cell, at) => paint(breakWords(cell, widths[at] ?? 0)))),
        );
        return trimLines(table.toString());
      }
    }
  };
  return `${(await drawAll(report.blocks)).replace(/^\n+/, '').trimEnd()}\n`;
}

function isShown(block: Block): boolean {
  return block.kind !== 'details' || block.open;
}

/** One line, and nothing to paste: a command in two lines would be two commands. */
function isProse(spans: readonly Cell[]): boolean {
  const text = spans.map(textOf).join('');
  return !text.startsWith('Try: ') && !/[`\n]|^\s/.test(text);
}

/** Breaks between words, and begins each line with the indent; without one the text stays as it is. */
function wrap(spans: readonly Cell[], columns: number, indent: number | undefined): Cell[][] {
  if (indent === undefined) return [[...spans]];
  const margin = ' '.repeat(indent);
  const words = spans.flatMap((span) =>
    textOf(span)
      .split(/(?<=\s)/)
      .map((text): Span => ({ ...(typeof span === 'string' ? {} : span), text })),
  );
  const lines: Span[][] = [[]];
  let used = indent;
  for (const word of words) {
    if (used > indent && used + word.text.trimEnd().length > columns) {
      const last = lines.at(-1)?.at(-1);
      if (last) last.text = last.text.trimEnd();
      lines.push([]);
      used = indent;
    }
    lines.at(-1)?.push(word);
    used += word.text.length;
  }
  return lines.map((line) => [margin, ...line]);
}

function needsWrap(rows: Cell[][], widths: number[]): boolean {
  return rows.some((row) =>
    row.some((cell, at) => {
      const text = textOf(cell);
      return text.includes('\n') || text.length + PADDING > (widths[at] ?? 0);
    }),
  );
}

/** Whether there is nothing to break or to measure. Then cli-table3 is not loaded: it takes longer than a run with nothing to do. */
function isPlain(rows: readonly Cell[][], widths: readonly number[]): boolean {
  return rows.every((row) =>
    row.every((cell, at) => {
      const text = textOf(cell);
      return /^[\x20-\x7e]*$/.test(text) && text.length + PADDING <= (widths[at] ?? 0);
    }),
  );
}

function fillUp(rows: readonly Cell[][], widths: readonly number[], paint: (cell: Cell) => string): string {
  const fill = (cell: Cell, at: number) =>
    ` ${paint(cell)}${' '.repeat((widths[at] ?? 0) - 1 - textOf(cell).length)}`;
  return rows.map((row) => row.map(fill).join(' '.repeat(GAP))).join('\n');
}

/** A table without boxes: copied text stays text. */
const PLAIN_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};

const PADDING = 2;
const GAP = 1;
const NARROWEST = 8;

/** Natural widths; where they do not fit, the widest columns give way first. */
export function columnWidths(head: string[], rows: Cell[][], columns: number): number[] {
  const widths = head.map(
    (title, index) =>
      Math.max(title.length, ...rows.map((row) => longestLine(textOf(row[index] ?? '')))) + PADDING,
  );
  const available = columns - GAP * (widths.length - 1);
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, 0) - available;
    const widest = Math.max(...widths);
    if (excess <= 0 || widest <= NARROWEST) return widths;
    widths[widths.indexOf(widest)] = widest - 1;
  }
}

function longestLine(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

/** A word too long for its column goes on in the next line: cli-table3 would cut it off. */
function breakWords(cell: Cell, width: number): Cell {
  const room = Math.max(1, width - PADDING);
  const text = textOf(cell).replaceAll(new RegExp(`\\S{${room}}(?=\\S)`, 'g'), '$&\n');
  return typeof cell === 'string' ? text : { ...cell, text };
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function trimLines(text: string): string {
  return text.replaceAll(/[ \t]+$/gm, '');
}

function painter(chalk: Palette): (cell: Cell) => string {
  const tones: Record<Tone, (text: string) => string> = {
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    muted: chalk.dim,
    strong: chalk.bold,
  };
  return (cell) => (typeof cell === 'string' ? cell : cell.tone ? tones[cell.tone](cell.text) : cell.text);
}
