import { expect, it } from 'vitest';
import { sendScript } from '../../src/postgres/script.js';
import { useTestDatabase } from '../support/database.js';
import { withClient } from '../support/server.js';

const db = useTestDatabase();

it('sends statements in one message, and tells what the server says of each', async () => {
  const { done, error } = await withClient(db.url, (client) =>
    sendScript(client, [
      'begin',
      'create table t (n integer)',
      'insert into t values (1), (2)',
      'select from t',
      'commit',
    ]),
  );
  expect(error).toBeUndefined();
  expect(done).toEqual(['BEGIN', 'CREATE TABLE', 'INSERT 0 2', 'SELECT 2', 'COMMIT']);
});

it('tells how far the server came, and why no further', async () => {
  await withClient(db.url, async (client) => {
    const { done, error } = await sendScript(client, ['begin', 'select 1', 'select 1 / 0', 'commit']);
    expect(done).toEqual(['BEGIN', 'SELECT 1']);
    expect(error).toMatchObject({ code: '22012' });
    // What comes after it was not run, and the connection goes on.
    await client.query('rollback');
    expect((await client.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
  });
});

it('tells of a connection that is lost', async () => {
  await withClient(db.url, async (client) => {
    client.on('error', () => {});
    const { done, error } = await sendScript(client, [
      'select 1',
      'select pg_terminate_backend(pg_backend_pid())',
    ]);
    expect(done).toEqual(['SELECT 1']);
    expect(error).toMatchObject({ code: '57P01' });
  });
});
