import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250301000004 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250301000004 isolates it, before any grant
/**
 * What is taught, who attends it, and what they hand in. A teacher with courses cannot be deleted (NO ACTION, not
 * RESTRICT, which would also refuse where the whole organization goes); with a student go enrollments and submissions.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE courses (
      organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      teacher_id uuid NOT NULL,
      title text NOT NULL,
      description text,
      state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published', 'archived')),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      FOREIGN KEY (organization_id, teacher_id) REFERENCES users (organization_id, id) ON DELETE NO ACTION
    )`);
  await knex.raw('CREATE INDEX courses_teacher_idx ON courses (organization_id, teacher_id)');
  await knex.raw(`
    CREATE TABLE enrollments (
      organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      course_id uuid NOT NULL,
      student_id uuid NOT NULL,
      state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'completed', 'withdrawn')),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, course_id, student_id),
      FOREIGN KEY (organization_id, course_id) REFERENCES courses (organization_id, id) ON DELETE CASCADE,
      FOREIGN KEY (organization_id, student_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
    )`);
  await knex.raw('CREATE INDEX enrollments_student_idx ON enrollments (organization_id, student_id)');
  await knex.raw(`
    CREATE TABLE lessons (
      organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      course_id uuid NOT NULL,
      position integer NOT NULL CHECK (position > 0),
      title text NOT NULL,
      content text NOT NULL DEFAULT '',
      published boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, course_id, position),
      UNIQUE (organization_id, course_id, id),
      FOREIGN KEY (organization_id, course_id) REFERENCES courses (organization_id, id) ON DELETE CASCADE
    )`);
  await createSubmissions(knex);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE submissions');
  await knex.raw('DROP TABLE lessons');
  await knex.raw('DROP TABLE enrollments');
  await knex.raw('DROP TABLE courses');
}

/**
 * The course stands in the row, so that its two references agree on it: nobody hands in a lesson of a course that they
 * are not enrolled in, and policies ask for the teacher without a way over the lesson.
 */
async function createSubmissions(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE submissions (
      organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      course_id uuid NOT NULL,
      lesson_id uuid NOT NULL,
      student_id uuid NOT NULL,
      content text NOT NULL DEFAULT '',
      state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'graded')),
      grade smallint CHECK (grade BETWEEN 0 AND 100),
      feedback text,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, lesson_id, student_id),
      CONSTRAINT submissions_graded_check CHECK ((state = 'graded') = (grade IS NOT NULL)),
      FOREIGN KEY (organization_id, course_id, lesson_id)
        REFERENCES lessons (organization_id, course_id, id) ON DELETE CASCADE,
      FOREIGN KEY (organization_id, course_id, student_id)
        REFERENCES enrollments (organization_id, course_id, student_id) ON DELETE CASCADE
    )`);
  await knex.raw(
    'CREATE INDEX submissions_student_idx ON submissions (organization_id, course_id, student_id)',
  );
  await knex.raw(
    'CREATE INDEX submissions_lesson_idx ON submissions (organization_id, course_id, lesson_id)',
  );
}
