import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250301000004 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250301000004 isolates it, before any grant
/**
 * Files hang on a lesson, on a submission, or on nobody but their owner; their contents lie in object storage under
 * storage_key. With a file go its versions and its log, by cascade.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE files (
      organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      owner_id uuid NOT NULL,
      lesson_id uuid,
      submission_id uuid,
      name text NOT NULL,
      media_type text NOT NULL DEFAULT 'application/octet-stream',
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      CONSTRAINT files_place_check CHECK (lesson_id IS NULL OR submission_id IS NULL),
      FOREIGN KEY (organization_id, owner_id) REFERENCES users (organization_id, id) ON DELETE NO ACTION,
      FOREIGN KEY (organization_id, lesson_id) REFERENCES lessons (organization_id, id) ON DELETE CASCADE,
      FOREIGN KEY (organization_id, submission_id) REFERENCES submissions (organization_id, id) ON DELETE CASCADE
    )`);
  await knex.raw('CREATE INDEX files_owner_idx ON files (organization_id, owner_id)');
  await knex.raw('CREATE INDEX files_lesson_idx ON files (organization_id, lesson_id)');
  await knex.raw('CREATE INDEX files_submission_idx ON files (organization_id, submission_id)');
  await knex.raw(`
    CREATE TABLE file_versions (
      organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      file_id uuid NOT NULL,
      version integer NOT NULL CHECK (version > 0),
      uploaded_by uuid NOT NULL,
      storage_key text NOT NULL,
      size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
      sha256 text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, file_id, version),
      FOREIGN KEY (organization_id, file_id) REFERENCES files (organization_id, id) ON DELETE CASCADE,
      FOREIGN KEY (organization_id, uploaded_by) REFERENCES users (organization_id, id) ON DELETE NO ACTION
    )`);
  await knex.raw(
    'CREATE INDEX file_versions_uploaded_by_idx ON file_versions (organization_id, uploaded_by)',
  );
  await knex.raw(`
    CREATE TABLE file_access_logs (
      organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      file_id uuid NOT NULL,
      user_id uuid NOT NULL,
      action text NOT NULL CHECK (action IN ('view', 'download', 'upload')),
      accessed_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      FOREIGN KEY (organization_id, file_id) REFERENCES files (organization_id, id) ON DELETE CASCADE,
      FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE NO ACTION
    )`);
  await knex.raw('CREATE INDEX file_access_logs_file_idx ON file_access_logs (organization_id, file_id)');
  await knex.raw('CREATE INDEX file_access_logs_user_idx ON file_access_logs (organization_id, user_id)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE file_access_logs');
  await knex.raw('DROP TABLE file_versions');
  await knex.raw('DROP TABLE files');
}
