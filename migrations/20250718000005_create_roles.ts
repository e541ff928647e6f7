import type { Knex } from 'knex';

/** What a person may be in an organization: reference data, the same for all of them, hence without a tenant. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE roles (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      key text NOT NULL CONSTRAINT roles_key_key UNIQUE,
      name text NOT NULL,
      description text,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE roles');
}
