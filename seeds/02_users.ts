import type { Knex } from 'knex';
import { forEachOrganization, type Organization } from './support/organizations.js';
import { findUsers, insertMissing } from './support/rows.js';

/** Address before the @, role, first and last name; beside the role further ones in user_roles. */
const PEOPLE: readonly (readonly [string, string, string, string, ...string[]])[] = [
  ['alicia', 'admin', 'Alicia', 'Méndez', 'billing'],
  ['bruno', 'staff', 'Bruno', 'Sosa', 'billing'],
  ['carla', 'professional', 'Carla', 'Ibáñez'],
  ['diego', 'professional', 'Diego', 'Paz'],
  ['elena', 'parent', 'Elena', 'Quiroga'],
  ['fabio', 'parent', 'Fabio', 'Luna'],
  ['gloria', 'parent', 'Gloria', 'Rey'],
];

/** People in every role, and the same roles as rows for the rights an application checks. */
export async function seed(knex: Knex): Promise<void> {
  const roles: { id: string; key: string }[] = await knex('roles').select('id', 'key');
  await forEachOrganization(knex, async (organization) => {
    await insertMissing(knex, organization, 'users', ['email'], PEOPLE.map(toUser(organization)));
    const user = await findUsers(knex, organization);
    const grants = PEOPLE.flatMap(([local, role, , , ...further]) =>
      roles
        .filter(({ key }) => key === role || further.includes(key))
        .map(({ id }) => ({ user_id: user(local), role_id: id })),
    );
    await insertMissing(knex, organization, 'user_roles', ['user_id', 'role_id'], grants);
  });
}

function toUser({ slug }: Organization) {
  return ([local, role, first, last]: (typeof PEOPLE)[number], index: number) => ({
    email: `${local}@${slug}.example`,
    provider: 'email',
    uid: `${local}@${slug}.example`,
    role,
    first_name: first,
    last_name: last,
    phone: `+54 11 5555 01${index}0`,
    jti: `${slug}-${local}`,
  });
}
