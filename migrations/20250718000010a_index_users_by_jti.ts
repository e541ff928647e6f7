import type { Knex } from 'knex';
import { buildIndexes, dropIndexes, type Index } from './support/online-index.js';

/** users has rows and readers: its indexes are built beside them, which no transaction can do. */
export const config = { transaction: false };

const INDEXES: readonly Index[] = [
  { name: 'users_organization_id_jti_key', unique: true, on: 'users (organization_id, jti)' },
];

export async function up(knex: Knex): Promise<void> {
  await buildIndexes(knex, INDEXES);
}

export async function down(knex: Knex): Promise<void> {
  await dropIndexes(knex, INDEXES);
}
