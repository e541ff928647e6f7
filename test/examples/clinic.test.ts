import { describe, expect, it } from 'vitest';
import { describeSchema } from '../support/schema.js';
import { ADDED, BEFORE, EXISTED, NORTH, oldWrites, openAt, PHASES } from './clinic.js';
import { expectIsolated, openExample, runCommand, WALK_MS } from './example.js';

const [ONE, TWO, THREE] = PHASES;

describe('the four phases', () => {
  it(
    'rollback --to a phase leaves exactly its schema, and the application of before works on',
    async () => {
      const example = await openExample('clinic');
      const client = await example.database.client();
      const empty = await describeSchema(client);
      await example.migrate(BEFORE);
      // What the application sets from phase 3 on, and nobody asks for before.
      await client.query(`SELECT set_config('app.clinic_id', $1, false)`, [NORTH]);
      const schemas = new Map([[BEFORE as string, await describeSchema(client)]]);
      const backTo = async (name: string) => {
        await example.rollback({ kind: 'to', name });
        expect(await describeSchema(client), `back to ${name}`).toBe(schemas.get(name));
      };
      const expectToWork = async (after: string) => {
        for (const sql of oldWrites) expect((await client.query(sql)).rowCount, after).toBe(1);
      };
      for (const [index, phase] of PHASES.entries()) {
        await example.migrate(phase);
        schemas.set(phase, await describeSchema(client));
        await backTo(PHASES[index - 1] ?? BEFORE);
        await expectToWork(`the rollback of ${phase}`);
        await example.migrate(phase);
        expect(await describeSchema(client), `${phase} again`).toBe(schemas.get(phase));
        await expectToWork(phase);
      }
      await backTo(ONE);
      await example.migrate();
      await backTo(BEFORE);
      await example.rollback({ kind: 'all' });
      expect(await describeSchema(client)).toBe(empty);
    },
    WALK_MS,
  );

  it(
    'are gone through by the commands, proven isolated, and gone back one by one',
    async () => {
      const example = await openExample('clinic');
      expect(await runCommand(example, 'migrate', '--to', TWO)).toMatchObject({ exitCode: 0 });
      expect(await runCommand(example, 'migrate')).toMatchObject({ exitCode: 0 });
      await expectIsolated(example);
      for (const phase of [THREE, TWO, ONE]) {
        expect(await runCommand(example, 'rollback', '--to', phase, '--yes')).toMatchObject({ exitCode: 0 });
      }
      expect(await runCommand(example, 'rollback', '--all', '--yes')).toMatchObject({ exitCode: 0 });
    },
    WALK_MS,
  );

  it('what existed comes through them and back as it was', async () => {
    const { example, client } = await openAt(BEFORE);
    const contents = async () => {
      const texts: unknown[] = [];
      for (const table of ['clinics', ...EXISTED]) {
        texts.push((await client.query(`SELECT to_jsonb(t) FROM ${table} t ORDER BY id`)).rows);
      }
      return texts;
    };
    const before = await contents();
    await example.migrate();
    await example.rollback({ kind: 'to', name: BEFORE });
    expect(await contents()).toEqual(before);
  });

  it('are gone through by an owner who is no superuser, who seeds and rolls back, too', async () => {
    const example = await openExample('clinic', { owner: true });
    await example.migrate();
    await example.seed();
    const moved = await example.database.query(`SELECT FROM appointment_metrics WHERE source = 'migration'`);
    expect(moved).toHaveLength(20);
    await example.rollback({ kind: 'to', name: THREE });
    expect(await example.database.query(`SELECT FROM appointment_metrics`)).toHaveLength(0);
    await example.rollback({ kind: 'all' });
  });
});

describe('phase 1', () => {
  it('adds ten tables and leaves every line of what exists', async () => {
    expect(ADDED).toHaveLength(10);
    const { example, client } = await openAt(BEFORE);
    const before = (await describeSchema(client)).split('\n');
    await example.migrate(ONE);
    const after = (await describeSchema(client)).split('\n');
    expect(before.filter((line) => !after.includes(line))).toEqual([]);
    const news = after.filter((line) => !before.includes(line));
    expect(news.filter((line) => !ADDED.some((table) => line.includes(table)))).toEqual([]);
    expect(news.filter((line) => line.includes('FOREIGN KEY'))).toEqual([]);
  });

  it('has text ids, jsonb, and money of explicit precision', async () => {
    const { client } = await openAt(ONE);
    const types = async (condition: string) =>
      (
        await client.query<{ type: string }>(
          `SELECT DISTINCT format_type(atttypid, atttypmod) AS type FROM pg_attribute
         WHERE attrelid::regclass::text = ANY ($1) AND attnum > 0 AND ${condition} ORDER BY 1`,
          [ADDED],
        )
      ).rows.map(({ type }) => type);
    expect(await types(`attname ~ '(^|_)id$'`)).toEqual(['text']);
    expect(await types(`attname IN ('amount', 'production_amount', 'value', 'target')`)).toEqual([
      'numeric(12,2)',
      'numeric(14,2)',
    ]);
    expect(await types(`attname IN ('mapping', 'settings', 'metadata')`)).toEqual(['jsonb']);
  });
});
