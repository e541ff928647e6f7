import type { Knex } from 'knex';

/** Sign-in with tokens: jti names the one token that is valid; the rest tells the user when and from where. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE users
      ADD COLUMN jti text,
      ADD COLUMN sign_in_count integer NOT NULL DEFAULT 0
        CONSTRAINT users_sign_in_count_check CHECK (sign_in_count >= 0),
      ADD COLUMN current_sign_in_at timestamptz,
      ADD COLUMN last_sign_in_at timestamptz,
      ADD COLUMN current_sign_in_ip inet,
      ADD COLUMN last_sign_in_ip inet`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE users
      DROP COLUMN jti, DROP COLUMN sign_in_count,
      DROP COLUMN current_sign_in_at, DROP COLUMN last_sign_in_at,
      DROP COLUMN current_sign_in_ip, DROP COLUMN last_sign_in_ip`);
}
