import type { Block, Cell, Report, Tone } from './report.js';

/** Draws a report as GitHub-flavoured Markdown, for `$GITHUB_STEP_SUMMARY` and merge requests. */
export function renderMarkdown(report: Report): string {
  const title = `## tenantctl ${report.document.command}`;
  return `${[title, ...report.blocks.map(draw)].join('\n\n')}\n`;
}

function draw(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `### ${escapeMarkdown(block.text)}`;
    case 'text':
      return block.spans.map(inline).join('');
    case 'details':
      return [
        `<details${block.open ? ' open' : ''}><summary>${escapeMarkdown(block.title)}</summary>`,
        ...block.blocks.map(draw),
        '</details>',
      ].join('\n\n');
    case 'code':
      return `\`\`\`${block.language}\n${block.text}\n\`\`\``;
    case 'table':
      return [
        row(block.head.map(escapeMarkdown)),
        row(block.head.map(() => '---')),
        ...block.rows.map((cells) => row(cells.map(inline))),
      ].join('\n');
  }
}

const MARKS: Partial<Record<Tone, string>> = { good: '✅ ', bad: '❌ ', warn: '⚠️ ' };

function inline(cell: Cell): string {
  if (typeof cell === 'string') return escapeMarkdown(cell);
  const text = escapeMarkdown(cell.text);
  // Next to a space, the asterisks would be taken for text.
  if (cell.tone === 'strong') return text.replace(/^(\s*)(.*?)(\s*)$/s, '$1**$2**$3');
  return `${(cell.tone && MARKS[cell.tone]) ?? ''}${text}`;
}

function row(cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Names come from the database: nothing in them may become markup, or end the cell. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#]/g, '\\$&').replaceAll('\n', '<br>');
}
