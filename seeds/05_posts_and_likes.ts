import type { Knex } from 'knex';
import { forEachOrganization } from './support/organizations.js';
import { findUsers, insertMissing } from './support/rows.js';

/** What the platform was before it had tenants: people post, others like it. */
export async function seed(knex: Knex): Promise<void> {
  await forEachOrganization(knex, async (organization) => {
    const user = await findUsers(knex, organization);
    const news = `Welcome to ${organization.name}.`;
    const advice = 'Ten minutes of reading a day are worth more than an hour on Sunday.';
    await insertMissing(
      knex,
      organization,
      'posts',
      ['user_id', 'content'],
      [
        { user_id: user('alicia'), content: news, created_at: '2025-08-01T13:00:00Z' },
        { user_id: user('diego'), content: advice, created_at: '2025-08-02T13:00:00Z' },
      ],
    );
    const posts: { id: string; content: string }[] = await knex('posts')
      .where({ organization_id: organization.id })
      .whereIn('content', [news, advice])
      .select('id', 'content');
    const likes = posts.flatMap(({ id, content }) =>
      (content === news ? ['elena', 'fabio', 'gloria'] : ['elena']).map((fan) => ({
        user_id: user(fan),
        post_id: id,
      })),
    );
    await insertMissing(knex, organization, 'likes', ['user_id', 'post_id'], likes);
  });
}
