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

/** Students and teachers change themselves, but not what they are: the role stays the one they signed in with. */
const oneself = `(${isStudent} OR ${isTeacher}) AND id = ${ME}`;
const sameRole = 'role = (SELECT current_member_role())';

const POLICIES: Policies = {
  // Whoever founds an organization is its first admin. Nobody deletes one here: that is the operator's, and it would
  // take everything below.
  organizations: [
    { name: 'member_select', command: 'SELECT', rows: isMember },
    ...adminMay('INSERT', 'UPDATE'),
  ],
  users: [
    ...adminMay('SELECT', 'INSERT', 'UPDATE'),
    // An admin cannot remove themselves, so one always remains.
    { name: 'admin_delete', command: 'DELETE', rows: `${isAdmin} AND id <> ${ME}` },
    { name: 'teacher_select', command: 'SELECT', rows: isTeacher },
    // A student's address is nothing to other students.
    { name: 'student_select', command: 'SELECT', rows: `${isStudent} AND (id = ${ME} OR role <> 'student')` },
    { name: 'self_update', command: 'UPDATE', rows: oneself, becomes: `${oneself} AND ${sameRole}` },
  ],
};

export async function up(knex: Knex): Promise<void> {
  await createPolicies(knex, POLICIES);
}

export async function down(knex: Knex): Promise<void> {
  await dropPolicies(knex, POLICIES);
}
