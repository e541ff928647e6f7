import type { Knex } from 'knex';

/** One permissive policy: who may do what to which rows of a table. The organization is not its business. */
export interface Policy {
  /** role_command */
  name: string;
  command: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
  /** Rows that may be read, changed or deleted; rows that may be added. */
  rows: string;
  /** What a changed row may look like; `rows` where it is not given. */
  becomes?: string;
}

/** Policies by table. */
export type Policies = Readonly<Record<string, readonly Policy[]>>;

// In a subquery of its own a function is asked once per statement instead of once per row.
export const ME = '(SELECT current_member_id())';
const ROLE = '(SELECT current_member_role())';

export const isAdmin = `${ROLE} = 'admin'`;
export const isTeacher = `${ROLE} = 'teacher'`;
export const isStudent = `${ROLE} = 'student'`;
export const isMember = `${ROLE} IN ('student', 'teacher', 'admin')`;

/** A teacher's own course, as `table`.course_id says. */
export function teaches(table: string): string {
  return `${isTeacher} AND EXISTS (
    SELECT FROM courses c WHERE c.organization_id = ${table}.organization_id AND c.id = ${table}.course_id
      AND c.teacher_id = ${ME})`;
}

/** What an admin may do in the organization, with each of the commands. */
export function adminMay(...commands: readonly Policy['command'][]): Policy[] {
  return commands.map((command) => ({ name: `admin_${command.toLowerCase()}`, command, rows: isAdmin }));
}

export async function createPolicies(knex: Knex, policies: Policies): Promise<void> {
  for (const [table, name, command, conditions] of listed(policies)) {
    await knex.raw(`CREATE POLICY ${name} ON ${table} AS PERMISSIVE FOR ${command} TO PUBLIC ${conditions}`);
  }
}

export async function dropPolicies(knex: Knex, policies: Policies): Promise<void> {
  for (const [table, name] of listed(policies)) await knex.raw(`DROP POLICY ${name} ON ${table}`);
}

function listed(policies: Policies): [table: string, name: string, command: string, conditions: string][] {
  return Object.entries(policies).flatMap(([table, list]) =>
    list.map(({ name, command, rows, becomes }): [string, string, string, string] => {
      if (command === 'INSERT') return [table, name, command, `WITH CHECK (${rows})`];
      const check = command === 'UPDATE' ? ` WITH CHECK (${becomes ?? rows})` : '';
      return [table, name, command, `USING (${rows})${check}`];
    }),
  );
}
