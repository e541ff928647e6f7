import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMigration, planRollback } from '../../../src/migrator/files/plan.js';
import { refuseMissing } from '../../../src/migrator/files/refuse.js';
import { pendingFiles, type Standing, standings } from '../../../src/migrator/ledger/standing.js';
import { nameOf, type SourceFile } from '../../../src/source-files.js';

const source = (file: string): SourceFile => ({ file, name: nameOf(file), path: `/m/${file}` });
const row = (id: number, file: string, batch = 1) => ({ id, file, batch, appliedAt: new Date(0) });
const logged = (name: string, state: 'started' | 'applied' | 'reverting', batch = 1) => ({
  ...{ name, file: `${name}.ts`, state, batch },
  ...{ durationMs: 3, checksum: null, rowId: null, finished: [], begun: null, inFlight: false },
});
const names = (standing: readonly Standing[]) => standing.map(({ name }) => name);

/** Up to ten migrations, of which any are applied, in any order and batches, under either extension. */
const worlds = fc
  .uniqueArray(fc.integer({ min: 10, max: 99 }), { maxLength: 10 })
  .chain((numbers) =>
    fc.record({
      numbers: fc.constant([...numbers].sort()),
      applied: fc.shuffledSubarray(numbers),
      perBatch: fc.integer({ min: 1, max: 4 }),
      compiled: fc.boolean(),
      begun: fc.subarray(numbers),
      lost: fc.subarray(numbers),
    }),
  )
  .map(({ numbers, applied, perBatch, compiled, begun, lost }) => {
    const files = numbers
      .filter((number) => !lost.includes(number))
      .map((number) => source(`${number}_x.ts`));
    const rows = applied.map((number, index) =>
      row(index + 1, `${number}_x.${compiled ? 'js' : 'ts'}`, Math.floor(index / perBatch) + 1),
    );
    const log = begun.map((number) =>
      logged(`${number}_x`, applied.includes(number) ? 'reverting' : 'started', 9),
    );
    return { files, rows, log };
  });

describe('what stands, and what is pending', () => {
  it('divides the files: each is applied whole or pending, never both; nothing applied is forgotten', () => {
    fc.assert(
      fc.property(worlds, ({ files, rows, log }) => {
        const standing = standings(files, { rows, log });
        const pending = pendingFiles(files, standing).map(({ name }) => name);
        const whole = names(standing.filter(({ partWay }) => partWay === undefined));
        expect(
          new Set([...pending, ...whole.filter((name) => files.some((file) => file.name === name))]),
        ).toEqual(new Set(files.map(({ name }) => name)));
        expect(pending.filter((name) => whole.includes(name))).toEqual([]);
        for (const { file } of rows) expect(names(standing)).toContain(nameOf(file));
        expect(pending).toEqual([...pending].sort());
      }),
    );
  });

  it('--to splits what is pending, and loses none of it', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), ({ files, rows, log }, seed) => {
        fc.pre(files.length > 0);
        const to = files[seed % files.length]?.name ?? '';
        const standing = standings(files, { rows, log });
        const all = planMigration(files, standing, undefined);
        const part = planMigration(files, standing, to);
        expect([...part.run, ...part.later]).toEqual(all.run);
        expect(all.later).toEqual([]);
        for (const { name } of part.run) expect(name <= to).toBe(true);
        for (const { name } of part.later) expect(name > to).toBe(true);
      }),
    );
  });

  it('undoes newest first: --all everything, --steps a beginning of that, --to what came after', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), ({ files, rows, log }, seed) => {
        const standing = standings(files, { rows, log });
        const all = names(planRollback(standing, { kind: 'all' }));
        expect(all).toEqual(names(standing).reverse());
        const count = seed % 12;
        expect(names(planRollback(standing, { kind: 'steps', count }))).toEqual(all.slice(0, count));
        for (const [index, name] of all.entries()) {
          expect(names(planRollback(standing, { kind: 'to', name }))).toEqual(all.slice(0, index));
        }
        const batch = planRollback(standing, { kind: 'batch' });
        expect(new Set(batch.map((each) => each.batch)).size).toBe(standing.length > 0 ? 1 : 0);
        const last = Math.max(...standing.map((each) => each.batch));
        expect(batch).toHaveLength(standing.filter((each) => each.batch === last).length);
      }),
    );
  });
});

describe('standings', () => {
  it('takes the ledger at its word, whatever the log remembers: the knex CLI may have gone on', () => {
    const files = [source('1.ts'), source('2.ts'), source('3.ts')];
    const log = [logged('1', 'started'), logged('2', 'applied'), logged('3', 'reverting')];
    // knex finished 1, rolled 2 back, and finished reverting 3.
    const standing = standings(files, { rows: [row(1, '1.ts')], log });
    expect(standing).toMatchObject([{ name: '1', partWay: undefined }]);
    expect(pendingFiles(files, standing).map(({ file }) => file)).toEqual(['2.ts', '3.ts']);
  });

  it('counts a migration once that ran as .ts and as .js, with both rows', () => {
    const standing = standings([source('1.ts')], {
      rows: [row(1, '1.ts'), row(2, '2.ts'), row(3, '1.js', 2)],
      log: [],
    });
    expect(standing).toMatchObject([
      { name: '2', ids: [2], source: undefined },
      { name: '1', file: '1.js', batch: 2, ids: [1, 3] },
    ]);
  });

  it('has a migration that was never finished stand last, in the batch that began it', () => {
    const files = [source('1.ts'), source('2.ts')];
    const standing = standings(files, { rows: [row(5, '1.ts')], log: [logged('2', 'started', 2)] });
    expect(standing).toMatchObject([{ name: '1' }, { name: '2', partWay: 'up', batch: 2, ids: [] }]);
    expect(planRollback(standing, { kind: 'batch' })).toMatchObject([{ name: '2' }]);
  });
});

it('refuses missing files with their names, batch, date, directory and the likely causes', () => {
  const standing = standings([source('1.ts')], { rows: [row(1, '1.ts'), row(2, '2_gone.ts', 7)], log: [] });
  const refuse = () =>
    refuseMissing(
      standing.filter((each) => each.source === undefined),
      'migrate',
      { schema: 'public', name: 'knex_migrations' },
      ['/m'],
    );
  expect(refuse).toThrow(/not in \/m:\n {2}2_gone\.ts \(batch 7, 1970-01-01T00:00:00\.000Z\)$/);
  try {
    refuse();
  } catch (error) {
    expect(error).toMatchObject({
      ...{ kind: 'gate', code: 'MIGRATIONS_MISSING', hint: expect.stringContaining('another branch') },
      partial: { missing: [{ name: '2_gone.ts', batch: 7 }] },
    });
  }
});

it('--to names what is applied', () => {
  expect(() => planRollback([], { kind: 'to', name: 'x' })).toThrow(/there are none/);
  expect(() => planMigration([source('1.ts')], [], '2')).toThrow(/none of that name/);
});
