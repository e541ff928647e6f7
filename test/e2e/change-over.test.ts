import { expect, it } from 'vitest';
import { notIsolated, openCheckout } from './checkout.js';

it('a system without tenants becomes a proven one while it keeps its rows', async () => {
  const booking = await openCheckout();
  const { db } = booking;
  await booking.must('migrate', '--to', '20240606034427_create_myhub_foundation');
  await db.query(`
    INSERT INTO users (email, uid, provider) SELECT 'user' || i || '@example.com', i::text, 'google' FROM generate_series(1, 40) i;
    INSERT INTO posts (user_id, content) SELECT id, 'by ' || email FROM users;
    INSERT INTO likes (user_id, post_id) SELECT p.user_id, p.id FROM posts p`);

  const stopped = await booking.run('migrate');
  expect(stopped.exitCode).toBe(10);
  expect(stopped.stderr).toMatch(/users has 40 rows.*posts has 40 rows.*likes has 40 rows/s);
  await db.query("INSERT INTO organizations (name, slug, subdomain) VALUES ('First', 'first', 'first')");
  const [{ id } = { id: '' }] = await db.query<{ id: string }>('SELECT id FROM organizations');
  await booking.must('backfill-tenant', 'users', '--tenant', id);
  await booking.must('backfill-tenant', 'posts', 'likes');
  await booking.must('migrate');
  await booking.must('create-app-role', '--generate-password');

  // Most tables are empty, and there is one tenant only.
  const proof = await booking.verify();
  expect(notIsolated(proof)).toEqual([]);
  expect(proof).toMatchObject({ exitCode: 0, verdict: 'isolated' });
  for (const table of ['users', 'posts', 'likes']) {
    expect(await db.query(`SELECT FROM ${table} WHERE organization_id = '${id}'`)).toHaveLength(40);
  }
}, 120_000);
