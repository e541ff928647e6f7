import type { Knex } from 'knex';
import { buildIndexes, dropIndexes, type Index } from './support/online-index.js';

/** users has rows and readers: its indexes are built beside them, which no transaction can do. */
export const config = { transaction: false };

const INDEXES: readonly Index[] = [
  // One person may belong to several organizations, with one address.
  { name: 'users_organization_id_email_key', unique: true, on: 'users (organization_id, email)' },
  {
    name: 'users_organization_id_provider_uid_key',
    unique: true,
    on: 'users (organization_id, provider, uid)',
  },
  { name: 'users_organization_id_role_idx', on: 'users (organization_id, role)' },
  // What professionals refer to: a user of the organization who has that very role.
  { name: 'users_organization_id_id_role_key', unique: true, on: 'users (organization_id, id, role)' },
];

export async function up(knex: Knex): Promise<void> {
  await buildIndexes(knex, INDEXES);
}

export async function down(knex: Knex): Promise<void> {
  await dropIndexes(knex, INDEXES);
}
