import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findIrregularities } from '../../../src/migrator/ledger/irregular.js';
import { standings } from '../../../src/migrator/ledger/standing.js';
import { isUpToDate } from '../../../src/migrator/status.js';
import { nameOf, type SourceFile, sameNamed } from '../../../src/source-files.js';
import { failure, project, table } from '../fixture.js';

const files = { '1_a.ts': table('a'), '2_b.ts': table('b') };
const comment = '\n// said better\n';

describe('an edited applied file', () => {
  it('is named by status, refused by migrate, also where it has nothing to run', async () => {
    const p = await project(files);
    await p.migrate();
    await p.write({ '1_a.ts': table('a') + comment });
    const { changed, applied } = await p.status();
    expect(changed).toEqual([{ name: '1_a.ts', batch: 1, appliedAt: expect.any(Date) }]);
    expect(applied).toMatchObject([{ name: '2_b.ts' }]);
    expect(isUpToDate(await p.status())).toBe(false);
    for (const dryRun of [true, false]) {
      const error = await failure(p.migrate({ dryRun }));
      expect(error).toMatchObject({ kind: 'gate', code: 'MIGRATIONS_CHANGED', partial: { changed } });
      expect(error.message).toMatch(/\n {2}1_a\.ts \(batch 1, /);
      expect(error.hint).toContain('\n  git log -p -- "*/1_a.ts"\n');
      expect(error.hint).toContain('\n  tenantctl migrate repair --accept 1_a --reason');
    }
  });

  it('is the same with other line ends', async () => {
    const p = await project(files);
    await p.migrate();
    await p.write({ '1_a.ts': table('a').replaceAll('\n', '\r\n') });
    expect((await p.status()).changed).toEqual([]);
    expect(await p.migrate()).toMatchObject({ planned: [] });
  });

  it('can be rolled back, and is then pending as it is now', async () => {
    const p = await project(files);
    await p.migrate();
    await p.write({ '2_b.ts': table('b') + comment });
    await p.rollback({ selection: { kind: 'steps', count: 1 } });
    await p.migrate();
    expect(isUpToDate(await p.status())).toBe(true);
  });
});

describe('two files of one name', () => {
  it('are named by status, refused by migrate and rollback', async () => {
    const p = await project(files);
    await p.migrate();
    await p.write({ '2_b.js': table('b') });
    const result = await p.status();
    const paths = [`${p.directory}/2_b.js`, `${p.directory}/2_b.ts`];
    expect(result.ambiguous).toEqual([{ name: '2_b', paths }]);
    expect(isUpToDate(result)).toBe(false);
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'gate', code: 'SAME_NAME' });
    expect(error.message).toContain(paths.join(', '));
    expect(await failure(p.rollback())).toMatchObject({ kind: 'gate', code: 'SAME_NAME' });
  });
});

describe('a late older file', () => {
  it('is named by status, refused by migrate, and run with --order allow', async () => {
    const p = await project(files);
    await p.migrate();
    await p.write({ '1_late.ts': table('late'), '3_c.ts': table('c') });
    const result = await p.status();
    expect(result).toMatchObject({ late: ['1_late.ts'], pending: ['1_late.ts', '3_c.ts'] });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'gate', code: 'MIGRATIONS_LATE', partial: { late: ['1_late.ts'] } });
    expect(error.message).toContain('before 2_b.ts');
    expect(error.hint).toContain(`\n  git mv ${p.directory}/1_late.ts …\n`);
    const { applied } = await p.migrate({ order: 'allow' });
    expect(applied.map(({ name }) => name)).toEqual(['1_late.ts', '3_c.ts']);
    expect((await p.status()).late).toEqual([]);
  });
});

describe('a missing file', () => {
  it('is refused before an edited one, and status names both', async () => {
    const p = await project(files);
    await p.migrate();
    await p.remove('1_a.ts');
    await p.write({ '2_b.ts': table('b') + comment });
    expect(await p.status()).toMatchObject({ missing: [{ name: '1_a.ts' }], changed: [{ name: '2_b.ts' }] });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'gate', code: 'MIGRATIONS_MISSING' });
    expect(error.hint).toContain('\n  git log --all -- "*/1_a.ts"\n');
    expect(error.hint).toContain('\n  tenantctl migrate repair --accept 1_a --reason');
  });
});

/** Any files, any of them applied with this or another text, any of them gone, any of them begun. */
const worlds = fc
  .uniqueArray(fc.integer({ min: 10, max: 99 }), { maxLength: 10 })
  .chain((numbers) =>
    fc.record({
      applied: fc.shuffledSubarray(numbers),
      there: fc.subarray([...numbers].sort()),
      edited: fc.subarray(numbers),
      begun: fc.subarray(numbers),
    }),
  )
  .map(({ applied, there, edited, begun }) => {
    const files = there.map((number): SourceFile => source(`${number}_x.ts`));
    const rows = applied.map((number, id) => ({ id, file: `${number}_x.js`, batch: 1, appliedAt: null }));
    const log = applied.map((number, id) => ({
      ...{
        name: `${number}_x`,
        file: `${number}_x.js`,
        batch: 1,
        durationMs: 1,
        rowId: id,
        finished: [],
        begun: null,
        inFlight: false,
      },
      state: begun.includes(number) ? ('reverting' as const) : ('applied' as const),
      checksum: edited.includes(number) ? 'before' : 'now',
    }));
    const checksums = new Map(files.map(({ name }) => [name, 'now']));
    return { files, standing: standings(files, { rows, log }), checksums };
  });

const source = (file: string): SourceFile => ({ file, name: nameOf(file), path: `/m/${file}` });

it('finds each kind exactly where it is', () => {
  fc.assert(
    fc.property(worlds, ({ files, standing, checksums }) => {
      const { missing, changed, late } = findIrregularities(files, [], standing, checksums);
      const there = new Set(files.map(({ name }) => name));
      const whole = standing.filter(({ partWay }) => partWay === undefined);
      for (const each of standing) {
        expect(missing.includes(each)).toBe(!there.has(each.name));
        const edited = each.checksum === 'before' && there.has(each.name) && whole.includes(each);
        expect(changed.includes(each)).toBe(edited);
      }
      const held = new Set(standing.map(({ name }) => name));
      for (const file of files) {
        const isLate = !held.has(file.name) && whole.some(({ name }) => name > file.name);
        expect(late.some((each) => each.source === file)).toBe(isLate);
      }
    }),
  );
});

it('files in the order in which they ran are never late', () => {
  const text = fc.stringMatching(/^[0-9a-z_.-]{1,6}$/);
  fc.assert(
    fc.property(fc.uniqueArray(text, { minLength: 1, maxLength: 8 }), fc.nat(), (names, seed) => {
      const files = names.map((name) => source(`${name}.ts`)).sort((a, b) => (a.file < b.file ? -1 : 1));
      fc.pre(sameNamed(files).length === 0);
      const rows = files
        .slice(0, seed % (files.length + 1))
        .map(({ file }, id) => ({ id, file, batch: 1, appliedAt: null }));
      const standing = standings(files, { rows, log: [] });
      expect(findIrregularities(files, [], standing, new Map()).late).toEqual([]);
    }),
  );
});
