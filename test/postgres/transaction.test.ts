import { beforeEach, describe, expect, it } from 'vitest';
import { withRollback, withTransaction } from '../../src/postgres/transaction.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase();
const rows = () => db.query('select a from t');

beforeEach(() =>
  db.query('drop table if exists t; create table t (a int unique deferrable initially deferred)'),
);

describe('withTransaction', () => {
  it('commits what was done and returns the result', async () => {
    const client = await db.client();
    const result = await withTransaction(client, 'read write', async () => {
      await client.query('insert into t values (1)');
      expect(await rows()).toEqual([]);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await rows()).toEqual([{ a: 1 }]);
  });

  it('rolls back on an error, and leaves the connection usable', async () => {
    const client = await db.client();
    const failed = withTransaction(client, 'read write', async () => {
      await client.query('insert into t values (1)');
      await client.query('select 1/0');
    });
    await expect(failed).rejects.toThrow('division by zero');
    await client.query('insert into t values (2)');
    expect(await rows()).toEqual([{ a: 2 }]);
  });

  it('passes on what COMMIT finds', async () => {
    const client = await db.client();
    const failed = withTransaction(client, 'read write', () => client.query('insert into t values (1), (1)'));
    await expect(failed).rejects.toMatchObject({ code: '23505' });
    expect(await rows()).toEqual([]);
  });

  it('sees one snapshot and writes nothing where it only reads', async () => {
    const client = await db.client();
    const failed = withTransaction(client, 'repeatable read, read only', async () => {
      await client.query('select from t');
      await db.query('insert into t values (1)');
      expect((await client.query('select from t')).rowCount).toBe(0);
      await client.query('insert into t values (2)');
    });
    await expect(failed).rejects.toMatchObject({ code: '25006' });
  });
});

it('withRollback leaves nothing, and returns the result', async () => {
  const client = await db.client();
  expect(
    await withRollback(client, async () => (await client.query('insert into t values (1)')).rowCount),
  ).toBe(1);
  await expect(withRollback(client, () => client.query('select 1/0'))).rejects.toThrow('division');
  expect(await rows()).toEqual([]);
});
