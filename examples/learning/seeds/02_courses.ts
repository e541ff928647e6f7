import type { Knex } from 'knex';
import { actAs, idOf, insertMissing, memberId, ORGANIZATIONS, type Organization } from './support/members.js';

const COURSE = 2;
const ENROLLMENT = 3;
const LESSON = 4;
const SUBMISSION = 5;

/** A published course with students, and a draft of another teacher's that nobody attends. */
export async function seed(knex: Knex): Promise<void> {
  for (const organization of ORGANIZATIONS) {
    await teach(knex, organization);
    await attend(knex, organization);
  }
}

async function teach(knex: Knex, organization: Organization): Promise<void> {
  const id = (kind: number, number: number) => idOf(organization, kind, number);
  const course_id = id(COURSE, 1);
  await actAs(knex, organization, 'Tomás');
  await insertMissing(knex, organization, 'courses', [
    { id: course_id, teacher_id: memberId(organization, 'Tomás'), title: 'Algebra', state: 'published' },
  ]);
  await insertMissing(knex, organization, 'lessons', [
    { id: id(LESSON, 1), course_id, position: 1, title: 'Groups', content: 'Four axioms.', published: true },
    {
      id: id(LESSON, 2),
      course_id,
      position: 2,
      title: 'Rings',
      content: 'To be written.',
      published: false,
    },
  ]);
  await actAs(knex, organization, 'Tessa');
  await insertMissing(knex, organization, 'courses', [
    { id: id(COURSE, 2), teacher_id: memberId(organization, 'Tessa'), title: 'Botany', state: 'draft' },
  ]);
}

/** One student has handed in and was graded, the other is still at it; both are entered by the admin. */
async function attend(knex: Knex, organization: Organization): Promise<void> {
  const id = (kind: number, number: number) => idOf(organization, kind, number);
  const course_id = id(COURSE, 1);
  const lesson_id = id(LESSON, 1);
  const [sol, sam] = [memberId(organization, 'Sol'), memberId(organization, 'Sam')];
  await actAs(knex, organization, 'Ada');
  await insertMissing(knex, organization, 'enrollments', [
    { id: id(ENROLLMENT, 1), course_id, student_id: sol, state: 'completed' },
    { id: id(ENROLLMENT, 2), course_id, student_id: sam, state: 'active' },
  ]);
  const common = { course_id, lesson_id };
  await insertMissing(knex, organization, 'submissions', [
    { id: id(SUBMISSION, 1), ...common, student_id: sol, content: 'Done.', state: 'graded', grade: 93 },
    { id: id(SUBMISSION, 2), ...common, student_id: sam, content: 'Half', state: 'draft', grade: null },
  ]);
}
