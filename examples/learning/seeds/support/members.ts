import type { Knex } from 'knex';

export interface Organization {
  id: string;
  name: string;
  slug: string;
}

/** Fixed ids, so that they can be put into app.organization_id by hand. */
export const ORGANIZATIONS: readonly Organization[] = [
  { id: 'a0000000-0000-4000-8000-000000000000', name: 'Academia Norte', slug: 'norte' },
  { id: 'b0000000-0000-4000-8000-000000000000', name: 'Bayside College', slug: 'bayside' },
];

export type Role = 'student' | 'teacher' | 'admin';

/** The members of every organization; a different id in each. */
export const MEMBERS = [
  { name: 'Ada', role: 'admin' },
  { name: 'Tomás', role: 'teacher' },
  { name: 'Tessa', role: 'teacher' },
  { name: 'Sol', role: 'student' },
  { name: 'Sam', role: 'student' },
] as const satisfies readonly { name: string; role: Role }[];

export type Name = (typeof MEMBERS)[number]['name'];

/** The id of the n-th thing of a kind: the same whenever the seeds run, another one in each organization. */
export function idOf(organization: Organization, kind: number, number: number): string {
  return `${organization.id.slice(0, 24)}${String(kind * 1000 + number).padStart(12, '0')}`;
}

export function memberId(organization: Organization, name: Name): string {
  return idOf(organization, 1, MEMBERS.findIndex((member) => member.name === name) + 1);
}

/**
 * Makes a member the one who acts, until the end of the transaction: the policies hold for the owner of the tables, too,
 * so seeds do only what that member may do.
 */
export async function actAs(knex: Knex, organization: Organization, name: Name): Promise<void> {
  const role = MEMBERS.find((member) => member.name === name)?.role;
  await knex.raw(
    `SELECT set_config('app.organization_id', ?, true), set_config('app.member_id', ?, true),
       set_config('app.member_role', ?, true)`,
    [organization.id, memberId(organization, name), role ?? ''],
  );
}

export type Row = Record<string, string | number | boolean | null>;

/** Inserts the rows that are not there yet; what is there stays as people have changed it since. */
export async function insertMissing(
  knex: Knex,
  { id: organization_id }: Organization,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  const complete = rows.map((row) => ({ organization_id, ...row }));
  await knex(table).insert(complete).onConflict(['organization_id', 'id']).ignore();
}
