import type { Knex } from 'knex';
import { pairing, type Reference, TABLES } from './tables.js';

/** What existed before the phases, with its constraints and indexes over all clinics, and what takes their place. */
const EXISTED: Readonly<Record<string, { unique?: string; indexes: readonly string[] }>> = {
  users: { unique: 'email', indexes: ['clinic_id'] },
  providers: { indexes: ['clinic_id', 'user_id'] },
  patients: { indexes: ['clinic_id', 'provider_id'] },
  appointments: { indexes: ['clinic_id', 'patient_id', 'provider_id'] },
};

const REFERENCES = TABLES.flatMap(({ name, references }) =>
  references.map((reference) => ({ ...reference, table: name, name: `${name}_${reference.column}_fkey` })),
);

/** Before there were foreign keys, an id could name nothing: those that do are for people to look at. */
export async function refuseDangling(knex: Knex): Promise<void> {
  const faults: string[] = [];
  for (const { table, column, uuid } of REFERENCES) {
    const { rows } = await knex.raw<{ rows: { count: number }[] }>(
      `SELECT count(*)::int AS count FROM ${table} WHERE ${column} IS NOT NULL AND ${uuid} IS NULL`,
    );
    const count = rows[0]?.count ?? 0;
    if (count > 0) faults.push(`${count} of ${table} by ${column}`);
  }
  if (faults.length === 0) return;
  throw new Error(
    `Cannot add foreign keys: rows refer to nothing in their clinic: ${faults.join(', ')}. ` +
      'Try: correct or delete these rows',
  );
}

/** Keys and references that carry the clinic, and both ids. */
export async function createForeignKeys(knex: Knex): Promise<void> {
  for (const { table, name } of REFERENCES.filter(existed)) {
    await knex.raw(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  }
  for (const [table, { unique, indexes }] of Object.entries(EXISTED)) {
    await knex.raw(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey, ADD PRIMARY KEY (clinic_id, id)`);
    if (unique !== undefined) {
      await knex.raw(`
        ALTER TABLE ${table} DROP CONSTRAINT ${table}_${unique}_key, ADD UNIQUE (clinic_id, ${unique})`);
    }
    for (const column of indexes) await knex.raw(`DROP INDEX ${table}_${column}_idx`);
    // Rows of a clinic are found by the primary key.
    for (const column of indexes.filter((each) => each !== 'clinic_id')) {
      await knex.raw(`CREATE INDEX ${table}_${column}_idx ON ${table} (clinic_id, ${column})`);
    }
  }
  for (const reference of REFERENCES) await createForeignKey(knex, reference);
}

/** As it was: references by one text id in the tables that existed, none in those of phase 1. */
export async function dropForeignKeys(knex: Knex): Promise<void> {
  for (const { table, name, uuid, nullable } of REFERENCES) {
    await knex.raw(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    const together = nullable
      ? `DROP CONSTRAINT ${table}_${uuid}_check`
      : `ALTER COLUMN ${uuid} DROP NOT NULL`;
    await knex.raw(`ALTER TABLE ${table} ${together}`);
  }
  for (const [table, { unique, indexes }] of Object.entries(EXISTED)) {
    await knex.raw(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey, ADD PRIMARY KEY (id)`);
    if (unique !== undefined) {
      await knex.raw(`
        ALTER TABLE ${table} DROP CONSTRAINT ${table}_clinic_id_${unique}_key, ADD UNIQUE (${unique})`);
    }
    for (const column of indexes) {
      await knex.raw(`DROP INDEX IF EXISTS ${table}_${column}_idx`);
      await knex.raw(`CREATE INDEX ${table}_${column}_idx ON ${table} (${column})`);
    }
  }
  for (const { table, name, column, target } of REFERENCES.filter(existed)) {
    await knex.raw(
      `ALTER TABLE ${table} ADD CONSTRAINT ${name} FOREIGN KEY (${column}) REFERENCES ${target} (id)`,
    );
  }
}

/** Where one id is there and the other is not, PostgreSQL would check neither (MATCH SIMPLE). */
async function createForeignKey(
  knex: Knex,
  reference: Reference & { table: string; name: string },
): Promise<void> {
  const { table, name, column, uuid, nullable, onDelete } = reference;
  const { columns, references } = pairing(reference);
  const together = nullable
    ? `ADD CONSTRAINT ${table}_${uuid}_check CHECK ((${column} IS NULL) = (${uuid} IS NULL))`
    : `ALTER COLUMN ${uuid} SET NOT NULL`;
  await knex.raw(`
    ALTER TABLE ${table} ${together},
      ADD CONSTRAINT ${name} FOREIGN KEY (${columns}) REFERENCES ${references} ON DELETE ${onDelete}`);
}

function existed({ table }: { table: string }): boolean {
  return table in EXISTED;
}
