import type { Knex } from 'knex';
import { createFillTriggers, dropFillTriggers } from './support/fill-triggers.js';

/**
 * The change-over: the application of before goes on inserting rows that name no tenant. Once the column is required,
 * each of these would fail; until then, each would slip in unfilled behind the backfill. So they are filled as they
 * come, from before there is a column. With one tenant there is nothing to guess; the file that lets a second one in
 * takes the triggers away.
 *
 * On INSERT only: the rows that are there are the backfill's, which counts them and proves that it changed nothing else.
 */
export async function up(knex: Knex): Promise<void> {
  await createFillTriggers(knex);
}

export async function down(knex: Knex): Promise<void> {
  await dropFillTriggers(knex);
}
