import { stripVTControlCharacters } from 'node:util';
import { Chalk } from 'chalk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, Cell } from '../../src/report/report.js';
import { columnWidths, renderTerminal } from '../../src/report/terminal.js';

const render = (blocks: Block[], columns = 80, level: 0 | 1 = 0, fold = false) =>
  renderTerminal(
    { document: { version: 1, command: 'x', target: null, exitCode: 0 }, blocks },
    new Chalk({ level }),
    columns,
    fold,
  );

describe('renderTerminal', () => {
  it('draws tables without boxes, so that copied text stays text', async () => {
    const rows: Cell[][] = [
      ['users', { text: 'isolated', tone: 'good' }],
      ['posts', 'isolated'],
    ];
    expect(
      await render([
        { kind: 'heading', text: 'Relations' },
        { kind: 'table', head: ['name', 'verdict'], rows },
      ]),
    ).toBe('Relations\n name    verdict\n users   isolated\n posts   isolated\n');
  });

  it('draws a table that only has to be filled up as cli-table3 draws it', async () => {
    const cell = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 })
      .filter((text) => /\S$/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 4 }), async (rows) => {
        const draw = (all: Cell[][]) =>
          render([{ kind: 'table', head: ['eight by', 'eight by'], rows: all }]);
        // What is not ASCII has to be measured.
        const measured = (await draw([...rows, ['é', 'é']])).split('\n');
        expect((await draw(rows)).split('\n')).toEqual([...measured.slice(0, -2), '']);
      }),
      { numRuns: 30 },
    );
  });

  it('colours only where asked', async () => {
    const blocks: Block[] = [{ kind: 'text', spans: [{ text: 'leaking', tone: 'bad' }] }];
    expect(await render(blocks)).toBe('leaking\n');
    const coloured = await render(blocks, 80, 1);
    expect(coloured).not.toBe('leaking\n');
    expect(stripVTControlCharacters(coloured)).toBe('leaking\n');
  });

  it('keeps every word of a table that is too wide, and wraps it', async () => {
    const detail = 'policy "own" on users lets every tenant read each row of every other tenant';
    const text = await render(
      [{ kind: 'table', head: ['check', 'detail'], rows: [['policy-true', detail]] }],
      40,
    );
    const lines = text.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    for (const word of detail.split(' ')) expect(text).toContain(word);
  });

  it('breaks a name that is longer than its column, and loses nothing of it', async () => {
    const name = '20250718000011a_drop_indexes_across_organizations.ts';
    const text = await render([{ kind: 'table', head: ['migration'], rows: [[name]] }], 40);
    expect(text.replaceAll(/\s/g, '')).toBe(`migration${name}`);
  });

  it('breaks what is indented between words, and leaves other text as it is', async () => {
    const spans: Cell[] = ['one two ', { text: 'three four', tone: 'strong' }, ' five'];
    expect(await render([{ kind: 'text', spans, indent: 2 }], 12)).toBe('  one two\n  three four\n  five\n');
    expect(await render([{ kind: 'text', spans }], 12)).toBe('one two three four five\n');
    const long = 'a-name-that-is-longer-than-the-line';
    expect(await render([{ kind: 'text', spans: [`x ${long} y`], indent: 2 }], 12)).toBe(
      `  x\n  ${long}\n  y\n`,
    );
  });

  it('breaks prose where a person looks on, and nothing that is there to paste', async () => {
    const drawn = (...spans: Cell[]) => render([{ kind: 'text', spans }], 20, 0, true);
    expect(await drawn({ text: 'Error: ', tone: 'bad' }, 'Cannot connect to the database.')).toBe(
      'Error: Cannot\nconnect to the\ndatabase.\n',
    );
    for (const text of [
      'Try: tenantctl migrate --order allow',
      'it goes on with `tenantctl migrate`, by itself',
      'one of\n  a list of what is there',
      '  Hint: what the server says of it',
    ]) {
      expect(await drawn(text)).toBe(`${text}\n`);
    }
  });

  it('shows details only where they are open', async () => {
    const details = (open: boolean): Block[] => [
      { kind: 'text', spans: ['before'] },
      { kind: 'details', title: 'Tried', open, blocks: [{ kind: 'text', spans: ['each'] }] },
    ];
    expect(await render(details(false))).toBe('before\n');
    expect(await render(details(true))).toBe('before\n\nTried\neach\n');
  });

  it('indents code', async () => {
    expect(
      await render([
        { kind: 'text', spans: ['Fix:'] },
        { kind: 'code', language: 'sql', text: 'a;\nb;' },
      ]),
    ).toBe('Fix:\n    a;\n    b;\n');
    expect(await render([{ kind: 'code', language: 'sql', text: 'a;' }])).toBe('    a;\n');
  });
});

describe('columnWidths', () => {
  it('fits the terminal wherever that leaves each column readable', () => {
    const cell = fc.string({ maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell)),
        fc.integer({ min: 40, max: 200 }),
        (rows, columns) => {
          const widths = columnWidths(['a', 'b', 'c'], rows, columns);
          expect(widths.reduce((sum, width) => sum + width, 2)).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  it('are natural where there is room', () => {
    expect(columnWidths(['name', 'x'], [['users', 'yes\nand no']], 80)).toEqual([7, 8]);
  });
});
