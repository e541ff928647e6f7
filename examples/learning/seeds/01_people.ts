import type { Knex } from 'knex';
import { actAs, insertMissing, MEMBERS, memberId, ORGANIZATIONS } from './support/members.js';

/** Each organization is founded by its admin, who lets the others in. */
export async function seed(knex: Knex): Promise<void> {
  for (const organization of ORGANIZATIONS) {
    await actAs(knex, organization, 'Ada');
    await knex('organizations').insert(organization).onConflict('id').ignore();
    const users = MEMBERS.map(({ name, role }) => ({
      id: memberId(organization, name),
      email: `${name.normalize('NFD').replace(/\W/g, '').toLowerCase()}@${organization.slug}.example`,
      full_name: name,
      role,
    }));
    await insertMissing(knex, organization, 'users', users);
  }
}
