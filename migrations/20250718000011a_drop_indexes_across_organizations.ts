import type { Knex } from 'knex';
import { buildIndexes, dropIndexes, type Index } from './support/online-index.js';

/**
 * What was unique among all users is unique within an organization now: a second organization may have a user with the
 * same address, and no error may tell one organization what another one stores. The way back therefore fails where two
 * organizations share an address; that is decided by a person, not by deleting one of the two.
 */
export const config = { transaction: false };

const INDEXES: readonly Index[] = [
  { name: 'users_email_key', unique: true, on: 'users (email)' },
  { name: 'users_provider_uid_key', unique: true, on: 'users (provider, uid)' },
  { name: 'posts_user_id_idx', on: 'posts (user_id)' },
  { name: 'likes_user_id_post_id_key', unique: true, on: 'likes (user_id, post_id)' },
  { name: 'likes_post_id_idx', on: 'likes (post_id)' },
];

export async function up(knex: Knex): Promise<void> {
  await dropIndexes(knex, INDEXES);
}

export async function down(knex: Knex): Promise<void> {
  await buildIndexes(knex, INDEXES);
}
