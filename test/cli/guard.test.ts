import { describe, expect, it } from 'vitest';
import { checkout, documentOf } from '../commands/fixture.js';

const up = (body: string) => ({ 'migrations/1_a.js': `exports.up = async (knex) => { ${body} };` });

describe("a user's own file", () => {
  it('cannot end the command as if it were done', async () => {
    const c = await checkout(up("await knex.raw('create table a ()'); process.exit(0);"));
    const { exitCode, stderr } = await c.run('migrate', '--lint', 'off');
    expect(exitCode).toBe(10);
    expect(stderr).toMatch(/process\.exit\(\) before its command was done\.\nTry: /);
    expect(await c.db.query("select to_regclass('a') as a")).toEqual([{ a: null }]);
  });

  it('writes nothing into the document on stdout', async () => {
    const c = await checkout(up("console.log('from a file'); await knex.raw('create table a ()');"));
    const result = await c.run('migrate', '--lint', 'off', '--json');
    expect(documentOf(result)).toMatchObject({ exitCode: 0, applied: [{ name: '1_a.js' }] });
    expect(result.stderr).toContain('from a file\n');
  });

  it('is told of where it has forgotten a promise that fails', async () => {
    const c = await checkout(up("Promise.reject(new Error('forgotten')); await knex.raw('select 1');"));
    const { exitCode, stderr } = await c.run('migrate', '--lint', 'off');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/rejected that nobody waits for: Error: forgotten\n.*\nTry: await /s);
    expect(await c.db.query('select name from knex_migrations')).toEqual([]);
  });
});
