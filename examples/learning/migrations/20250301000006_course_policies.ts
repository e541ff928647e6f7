import type { Knex } from 'knex';
import {
  adminMay,
  createPolicies,
  dropPolicies,
  isStudent,
  isTeacher,
  ME,
  type Policies,
  teaches,
} from './support/policies.js';

const ownCourse = `${isTeacher} AND teacher_id = ${ME}`;
const oneself = `${isStudent} AND student_id = ${ME}`;

const attends = (table: string) => `${isStudent} AND EXISTS (
  SELECT FROM enrollments e WHERE e.organization_id = ${table}.organization_id AND e.course_id = ${table}.course_id
    AND e.student_id = ${ME} AND e.state <> 'withdrawn')`;

const inPublishedCourse = `EXISTS (
  SELECT FROM courses c WHERE c.organization_id = enrollments.organization_id AND c.id = enrollments.course_id
    AND c.state = 'published')`;

/**
 * A policy's subquery is itself subject to the policies of the table it reads, so they may not go in circles: courses ask
 * nobody, enrollments ask courses, lessons and submissions ask both.
 */
const POLICIES: Policies = {
  courses: [
    ...adminMay('SELECT', 'INSERT', 'UPDATE', 'DELETE'),
    { name: 'teacher_select', command: 'SELECT', rows: isTeacher },
    { name: 'teacher_insert', command: 'INSERT', rows: ownCourse },
    { name: 'teacher_update', command: 'UPDATE', rows: ownCourse },
    // Once students have seen it, a course is archived, not deleted.
    { name: 'teacher_delete', command: 'DELETE', rows: `${ownCourse} AND state = 'draft'` },
    { name: 'student_select', command: 'SELECT', rows: `${isStudent} AND state <> 'draft'` },
  ],
  enrollments: [
    ...adminMay('SELECT', 'INSERT', 'UPDATE', 'DELETE'),
    { name: 'teacher_select', command: 'SELECT', rows: teaches('enrollments') },
    { name: 'teacher_insert', command: 'INSERT', rows: teaches('enrollments') },
    { name: 'teacher_update', command: 'UPDATE', rows: teaches('enrollments') },
    { name: 'student_select', command: 'SELECT', rows: oneself },
    {
      name: 'student_insert',
      command: 'INSERT',
      rows: `${oneself} AND state = 'active' AND ${inPublishedCourse}`,
    },
    // Students can leave, not declare a course completed.
    {
      name: 'student_update',
      command: 'UPDATE',
      rows: `${oneself} AND state = 'active'`,
      becomes: `${oneself} AND state = 'withdrawn'`,
    },
  ],
  lessons: [
    ...adminMay('SELECT', 'INSERT', 'UPDATE', 'DELETE'),
    { name: 'teacher_select', command: 'SELECT', rows: teaches('lessons') },
    { name: 'teacher_insert', command: 'INSERT', rows: teaches('lessons') },
    { name: 'teacher_update', command: 'UPDATE', rows: teaches('lessons') },
    { name: 'teacher_delete', command: 'DELETE', rows: teaches('lessons') },
    { name: 'student_select', command: 'SELECT', rows: `published AND ${attends('lessons')}` },
  ],
  submissions: [
    ...adminMay('SELECT', 'INSERT', 'UPDATE', 'DELETE'),
    { name: 'teacher_select', command: 'SELECT', rows: `state <> 'draft' AND ${teaches('submissions')}` },
    { name: 'teacher_update', command: 'UPDATE', rows: `state <> 'draft' AND ${teaches('submissions')}` },
    { name: 'student_select', command: 'SELECT', rows: oneself },
    {
      name: 'student_insert',
      command: 'INSERT',
      rows: `${oneself} AND state <> 'graded' AND feedback IS NULL AND ${attends('submissions')}`,
    },
    // What was handed in is the teacher's to grade; a student's hands are off it.
    {
      name: 'student_update',
      command: 'UPDATE',
      rows: `${oneself} AND state = 'draft'`,
      becomes: `${oneself} AND state <> 'graded' AND feedback IS NULL AND ${attends('submissions')}`,
    },
    { name: 'student_delete', command: 'DELETE', rows: `${oneself} AND state = 'draft'` },
  ],
};

export async function up(knex: Knex): Promise<void> {
  await createPolicies(knex, POLICIES);
}

export async function down(knex: Knex): Promise<void> {
  await dropPolicies(knex, POLICIES);
}
