import type { Knex } from 'knex';
import {
  actAs,
  idOf,
  insertMissing,
  memberId,
  type Name,
  ORGANIZATIONS,
  type Organization,
} from './support/members.js';

const FILE = 6;
const VERSION = 7;
const ACCESS = 8;

/** A handout of the teacher's, which a student has read, and a note that a student keeps for themselves. */
export async function seed(knex: Knex): Promise<void> {
  for (const organization of ORGANIZATIONS) {
    await upload(knex, organization, 'Tomás', 1, 'groups.pdf', idOf(organization, 4, 1));
    await upload(knex, organization, 'Sol', 2, 'notes.txt', null);
    await actAs(knex, organization, 'Sam');
    await insertMissing(knex, organization, 'file_access_logs', [
      { id: idOf(organization, ACCESS, 9), file_id: idOf(organization, FILE, 1), action: 'download' },
    ]);
  }
}

async function upload(
  knex: Knex,
  organization: Organization,
  owner: Name,
  number: number,
  name: string,
  lesson_id: string | null,
): Promise<void> {
  const [file_id, owner_id] = [idOf(organization, FILE, number), memberId(organization, owner)];
  await actAs(knex, organization, owner);
  await insertMissing(knex, organization, 'files', [{ id: file_id, owner_id, lesson_id, name }]);
  await insertMissing(knex, organization, 'file_versions', [
    {
      id: idOf(organization, VERSION, number),
      file_id,
      version: 1,
      uploaded_by: owner_id,
      storage_key: `${organization.slug}/${name}/1`,
      size_bytes: 2048,
      sha256: String(number).repeat(64),
    },
  ]);
  await insertMissing(knex, organization, 'file_access_logs', [
    { id: idOf(organization, ACCESS, number), file_id, action: 'upload' },
  ]);
}
