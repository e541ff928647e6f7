import type { Knex } from 'knex';
import { buildIndexes, dropIndexes, type Index } from './support/online-index.js';

/** posts has rows and readers: its indexes are built beside them, which no transaction can do. */
export const config = { transaction: false };

const INDEXES: readonly Index[] = [
  { name: 'posts_organization_id_user_id_idx', on: 'posts (organization_id, user_id)' },
];

export async function up(knex: Knex): Promise<void> {
  await buildIndexes(knex, INDEXES);
}

export async function down(knex: Knex): Promise<void> {
  await dropIndexes(knex, INDEXES);
}
