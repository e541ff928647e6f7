import { expect, it } from 'vitest';
import { renderMarkdown } from '../../src/report/markdown.js';
import type { Block } from '../../src/report/report.js';

const render = (...blocks: Block[]) =>
  renderMarkdown({ document: { version: 1, command: 'status', target: null, exitCode: 0 }, blocks });

it('draws headings, text, tables and code', () => {
  expect(
    render(
      { kind: 'heading', text: 'Relations' },
      { kind: 'text', spans: ['all ', { text: 'isolated', tone: 'good' }, { text: ' now', tone: 'strong' }] },
      { kind: 'table', head: ['name', 'verdict'], rows: [['users', { text: 'leaking', tone: 'bad' }]] },
      { kind: 'code', language: 'sql', text: 'select 1;' },
    ),
  ).toBe(`## tenantctl status

### Relations

all ✅ isolated **now**

| name | verdict |
| --- | --- |
| users | ❌ leaking |

\`\`\`sql
select 1;
\`\`\`
`);
});

it('lets no name from the database become markup', () => {
  const text = render({
    kind: 'table',
    head: ['name'],
    rows: [['a|b'], ['<img src=x>'], ['*x* `y` [z](u) #1'], ['two\nlines']],
  });
  expect(text).toContain(
    '| a\\|b |\n| \\<img src=x\\> |\n| \\*x\\* \\`y\\` \\[z\\](u) \\#1 |\n| two<br>lines |',
  );
});

it('folds details', () => {
  const blocks: Block[] = [{ kind: 'text', spans: ['each'] }];
  const details = (open: boolean) => render({ kind: 'details', title: 'a <b>', open, blocks });
  expect(details(false)).toContain('<details><summary>a \\<b\\></summary>\n\neach\n\n</details>\n');
  expect(details(true)).toContain('<details open><summary>');
});
