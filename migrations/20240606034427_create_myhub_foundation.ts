import type { Knex } from 'knex';

/**
 * The single-tenant system as it was: people sign in, post and like. Nothing here knows of organizations; what is
 * unique is unique among all users. The files after it turn this into a platform while it runs.
 *
 * Identity columns instead of serial: they need no grant on a sequence, and ALWAYS keeps clients from choosing ids.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE users (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      email text NOT NULL,
      uid text,
      provider text,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw('CREATE UNIQUE INDEX users_email_key ON users (email)');
  await knex.raw('CREATE UNIQUE INDEX users_provider_uid_key ON users (provider, uid)');

  await knex.raw(`
    CREATE TABLE posts (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id bigint NOT NULL CONSTRAINT posts_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      content text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw('CREATE INDEX posts_user_id_idx ON posts (user_id)');

  await knex.raw(`
    CREATE TABLE likes (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id bigint NOT NULL CONSTRAINT likes_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      post_id bigint NOT NULL CONSTRAINT likes_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw('CREATE UNIQUE INDEX likes_user_id_post_id_key ON likes (user_id, post_id)');
  await knex.raw('CREATE INDEX likes_post_id_idx ON likes (post_id)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE likes');
  await knex.raw('DROP TABLE posts');
  await knex.raw('DROP TABLE users');
}
