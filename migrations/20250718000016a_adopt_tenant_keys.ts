import type { Knex } from 'knex';
import { buildIndexes } from './support/online-index.js';

/**
 * users, posts and likes get the key that the newer tables were born with, (organization_id, id), and every reference
 * to them carries the organization: no row can point into another organization, and no unique violation tells which ids
 * another one uses.
 *
 * Online in both directions, hence outside a transaction: the new keys are built beside the tables' traffic, one short
 * transaction swaps keys and references, which are validated after it under a lock that blocks nobody. Row level
 * security must wait for that: forced on an owner, it would hide the rows that are to be validated.
 */
export const config = { transaction: false };

const TABLES = ['users', 'posts', 'likes'] as const;

interface Reference {
  table: string;
  column: string;
  target: (typeof TABLES)[number];
  onDelete: 'CASCADE' | 'NO ACTION';
}

const REFERENCES: readonly Reference[] = [
  { table: 'posts', column: 'user_id', target: 'users', onDelete: 'CASCADE' },
  { table: 'likes', column: 'user_id', target: 'users', onDelete: 'CASCADE' },
  { table: 'likes', column: 'post_id', target: 'posts', onDelete: 'CASCADE' },
  { table: 'user_roles', column: 'user_id', target: 'users', onDelete: 'CASCADE' },
  { table: 'students', column: 'primary_contact_id', target: 'users', onDelete: 'NO ACTION' },
  { table: 'students', column: 'secondary_contact_id', target: 'users', onDelete: 'NO ACTION' },
  { table: 'appointments', column: 'professional_id', target: 'users', onDelete: 'NO ACTION' },
  { table: 'appointments', column: 'client_id', target: 'users', onDelete: 'NO ACTION' },
  { table: 'credit_balances', column: 'user_id', target: 'users', onDelete: 'NO ACTION' },
  { table: 'credit_transactions', column: 'user_id', target: 'users', onDelete: 'NO ACTION' },
];

interface Key {
  /** Of the primary key's name. */
  suffix: 'pkey' | 'tenant_pkey';
  /** What stands before the id. */
  prefix: '' | 'organization_id, ';
}

const BY_ID: Key = { suffix: 'pkey', prefix: '' };
const BY_TENANT: Key = { suffix: 'tenant_pkey', prefix: 'organization_id, ' };

export async function up(knex: Knex): Promise<void> {
  await replaceKeys(knex, BY_ID, BY_TENANT);
}

export async function down(knex: Knex): Promise<void> {
  await replaceKeys(knex, BY_TENANT, BY_ID);
}

async function replaceKeys(knex: Knex, from: Key, to: Key): Promise<void> {
  if (!(await isInPlace(knex, to))) {
    await buildIndexes(
      knex,
      TABLES.map((table) => ({
        name: `${table}_${to.suffix}`,
        unique: true,
        on: `${table} (${to.prefix}id)`,
      })),
    );
    // Several statements in one message are one transaction: after a crash either all or none of this is done.
    await knex.raw(swapStatements(from, to).join(';\n'));
  }
  for (const reference of REFERENCES) {
    await knex.raw(`ALTER TABLE ${reference.table} VALIDATE CONSTRAINT ${constraintName(reference)}`);
  }
}

function swapStatements(from: Key, to: Key): string[] {
  return [
    ...REFERENCES.map(
      (reference) => `ALTER TABLE ${reference.table} DROP CONSTRAINT ${constraintName(reference)}`,
    ),
    ...TABLES.map(
      (table) => `ALTER TABLE ${table} DROP CONSTRAINT ${table}_${from.suffix},
        ADD CONSTRAINT ${table}_${to.suffix} PRIMARY KEY USING INDEX ${table}_${to.suffix}`,
    ),
    ...REFERENCES.map(
      (reference) => `ALTER TABLE ${reference.table} ADD CONSTRAINT ${constraintName(reference)}
        FOREIGN KEY (${to.prefix}${reference.column}) REFERENCES ${reference.target} (${to.prefix}id)
        ON DELETE ${reference.onDelete} NOT VALID`,
    ),
  ];
}

function constraintName({ table, column }: Reference): string {
  return `${table}_${column}_fkey`;
}

async function isInPlace(knex: Knex, key: Key): Promise<boolean> {
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    `SELECT FROM pg_catalog.pg_constraint
     WHERE conrelid = to_regclass('users') AND contype = 'p' AND conname = ?`,
    [`users_${key.suffix}`],
  );
  return rows.length > 0;
}
