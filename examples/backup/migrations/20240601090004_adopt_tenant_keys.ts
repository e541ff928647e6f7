import type { Knex } from 'knex';
import { buildIndexes, dropIndexes } from '../../../migrations/support/online-index.js';
import { constraintsOf, foreignKeysOf, type Keys, lookupsOf, OLD_KEYS, TENANT_KEYS } from './support/keys.js';

/**
 * Keys begin with the tenant, and with the store where a row belongs to one: so does every reference, hence none leads
 * into another tenant's or another store's rows, what is unique is unique in them, and no unique violation tells what
 * others have.
 *
 * Online in both directions, hence outside a transaction: the new indexes are built beside the traffic, one short
 * transaction swaps keys and references, which are validated after it. A run that was cut short goes on where it was.
 * Row level security must wait for that: forced on an owner, it would hide the rows that are to be validated.
 */
export const config = { transaction: false };

export async function up(knex: Knex): Promise<void> {
  await replaceKeys(knex, OLD_KEYS, TENANT_KEYS);
}

export async function down(knex: Knex): Promise<void> {
  await replaceKeys(knex, TENANT_KEYS, OLD_KEYS);
}

async function replaceKeys(knex: Knex, from: Keys, to: Keys): Promise<void> {
  await buildIndexes(knex, lookupsOf(to));
  if (!(await isInPlace(knex, to))) {
    await buildIndexes(knex, constraintsOf(to));
    // Several statements in one message are one transaction: after a crash either all or none of this is done.
    await knex.raw(swapStatements(from, to).join(';\n'));
  }
  for (const { table, name } of foreignKeysOf(to)) {
    await knex.raw(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`);
  }
  await dropIndexes(knex, lookupsOf(from));
}

function swapStatements(from: Keys, to: Keys): string[] {
  return [
    ...foreignKeysOf(from).map(({ table, name }) => `ALTER TABLE ${table} DROP CONSTRAINT ${name}`),
    ...constraintsOf(from).map(({ table, name }) => `ALTER TABLE ${table} DROP CONSTRAINT ${name}`),
    ...constraintsOf(to).map(
      ({ table, name, kind }) => `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${kind} USING INDEX ${name}`,
    ),
    ...foreignKeysOf(to).map(
      ({ table, name, definition }) => `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition} NOT VALID`,
    ),
  ];
}

/** The swap is one transaction, so the first key speaks for all. */
async function isInPlace(knex: Knex, keys: Keys): Promise<boolean> {
  const [first] = constraintsOf(keys);
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    'SELECT FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass(?) AND conname = ?',
    [first?.table ?? '', first?.name ?? ''],
  );
  return rows.length > 0;
}
