import { expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';
import { splitAt, upAll, withSteps } from './steps.js';

const database = useTestDatabase();

it('the single-tenant system becomes a tenant, and no row is lost', async () => {
  await withSteps(database.url, async (steps, connection) => {
    const contract = splitAt(steps, '20250718000011').step;
    await upAll(steps.slice(0, 1));
    await database.query(`INSERT INTO users (email, uid, provider)
      VALUES ('ana@example.com', '1', 'google'), ('beto@example.com', '2', 'google'), ('cora@example.com', NULL, NULL)`);
    await database.query(`INSERT INTO posts (user_id, content)
      SELECT id, 'by ' || email FROM users WHERE email < 'c'`);
    await database.query(`INSERT INTO likes (user_id, post_id)
      SELECT u.id, p.id FROM users u, posts p WHERE u.email > 'c' ORDER BY p.id LIMIT 1`);
    await upAll(steps.slice(1, steps.indexOf(contract)));

    await expect(contract.up()).rejects.toThrow(
      'Cannot require organization_id: users has 3 rows without it, posts has 2 rows without it, likes has 1 row ' +
        'without it. Try: tenantctl backfill-tenant users --tenant <organization id>, ' +
        'then tenantctl backfill-tenant posts likes',
    );

    await database.query(
      `INSERT INTO organizations (name, slug, subdomain) VALUES ('First', 'first', 'first')`,
    );
    const fill = (table: string) =>
      database.query(`UPDATE ${table} SET organization_id = (SELECT id FROM organizations)`);
    await fill('users');
    await expect(contract.up()).rejects.toThrow(
      'Cannot require organization_id: posts has 2 rows without it, likes has 1 row without it. ' +
        'Try: tenantctl backfill-tenant posts likes',
    );
    await fill('posts');
    await fill('likes');
    // Somebody has given a name already.
    await connection('users')
      .where('email', 'ana@example.com')
      .update({ first_name: 'Ana', last_name: 'Paz' });

    await upAll(steps.slice(steps.indexOf(contract)));
    expect(
      await database.query('SELECT email, role, first_name, last_name FROM users ORDER BY email'),
    ).toEqual([
      { email: 'ana@example.com', role: 'parent', first_name: 'Ana', last_name: 'Paz' },
      { email: 'beto@example.com', role: 'parent', first_name: 'beto', last_name: '' },
      { email: 'cora@example.com', role: 'parent', first_name: 'cora', last_name: '' },
    ]);
    expect(await database.query('SELECT content FROM posts')).toHaveLength(2);
    expect(await database.query('SELECT FROM likes')).toHaveLength(1);
  });
});
