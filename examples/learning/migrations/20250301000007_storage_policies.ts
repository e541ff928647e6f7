import type { Knex } from 'knex';
import {
  adminMay,
  createPolicies,
  dropPolicies,
  isAdmin,
  isMember,
  isStudent,
  isTeacher,
  ME,
  type Policies,
} from './support/policies.js';

const ownFile = `(${isTeacher} OR ${isStudent}) AND owner_id = ${ME}`;

/** The subqueries obey the policies of lessons and submissions: who sees the thing sees what hangs on it. */
const onVisibleLesson = `EXISTS (
  SELECT FROM lessons l WHERE l.organization_id = files.organization_id AND l.id = files.lesson_id)`;
const onVisibleSubmission = `EXISTS (
  SELECT FROM submissions s WHERE s.organization_id = files.organization_id AND s.id = files.submission_id)`;
const onOwnDraft = `EXISTS (
  SELECT FROM submissions s WHERE s.organization_id = files.organization_id AND s.id = files.submission_id
    AND s.student_id = ${ME} AND s.state = 'draft')`;

const teachersPlace = `${isTeacher} AND owner_id = ${ME} AND submission_id IS NULL
  AND (lesson_id IS NULL OR ${onVisibleLesson})`;
const studentsPlace = `${isStudent} AND owner_id = ${ME} AND lesson_id IS NULL
  AND (submission_id IS NULL OR ${onOwnDraft})`;

const ofVisibleFile = (table: string) => `EXISTS (
  SELECT FROM files f WHERE f.organization_id = ${table}.organization_id AND f.id = ${table}.file_id)`;
const ofOwnFile = (table: string) => `EXISTS (
  SELECT FROM files f WHERE f.organization_id = ${table}.organization_id AND f.id = ${table}.file_id
    AND f.owner_id = ${ME})`;

const POLICIES: Policies = {
  files: [
    ...adminMay('SELECT', 'INSERT', 'UPDATE', 'DELETE'),
    { name: 'owner_select', command: 'SELECT', rows: ownFile },
    {
      name: 'attached_select',
      command: 'SELECT',
      rows: `(${isTeacher} OR ${isStudent}) AND (${onVisibleLesson} OR ${onVisibleSubmission})`,
    },
    { name: 'teacher_insert', command: 'INSERT', rows: teachersPlace },
    { name: 'teacher_update', command: 'UPDATE', rows: teachersPlace },
    { name: 'teacher_delete', command: 'DELETE', rows: teachersPlace },
    // What hangs on a submission stays as it was handed in.
    { name: 'student_insert', command: 'INSERT', rows: studentsPlace },
    { name: 'student_update', command: 'UPDATE', rows: studentsPlace },
    { name: 'student_delete', command: 'DELETE', rows: studentsPlace },
  ],
  // No UPDATE by anybody: a version that can be changed is none.
  file_versions: [
    ...adminMay('SELECT', 'DELETE'),
    { name: 'reader_select', command: 'SELECT', rows: `${isMember} AND ${ofVisibleFile('file_versions')}` },
    { name: 'admin_insert', command: 'INSERT', rows: `${isAdmin} AND uploaded_by = ${ME}` },
    {
      name: 'owner_insert',
      command: 'INSERT',
      rows: `(${isTeacher} OR ${isStudent}) AND uploaded_by = ${ME} AND ${ofOwnFile('file_versions')}`,
    },
  ],
  // Neither UPDATE nor DELETE by anybody, and entries only in one's own name: else it is no log. One's own entries can be
  // read as well, without which INSERT … RETURNING and ON CONFLICT would be refused.
  file_access_logs: [
    ...adminMay('SELECT'),
    {
      name: 'member_select',
      command: 'SELECT',
      rows: `${isMember} AND (user_id = ${ME} OR ${ofOwnFile('file_access_logs')})`,
    },
    {
      name: 'member_insert',
      command: 'INSERT',
      rows: `${isMember} AND user_id = ${ME} AND ${ofVisibleFile('file_access_logs')}`,
    },
  ],
};

export async function up(knex: Knex): Promise<void> {
  await createPolicies(knex, POLICIES);
}

export async function down(knex: Knex): Promise<void> {
  await dropPolicies(knex, POLICIES);
}
