import type { Knex } from 'knex';
import { MAPS, mapOf, TABLES } from './support/tables.js';

// tenantctl:allow table-without-rls, table-without-force: phase 3 isolates it, before any grant
// tenantctl:allow table-without-policy: phase 3 isolates it, before any grant
// tenantctl:allow volatile-default-rewrites-table, unique-built-in-place: a clinic's tables are small
/**
 * Phase 2: everything has a uuid beside its text id, every reference one beside its text reference, and what is referred
 * to a mapping table, for whoever out there (spreadsheets, scripts) knows one id only. Whichever of the two a writer
 * gives, the other follows, so old and new parts of the application work side by side.
 *
 * Random uuids, not made from the text ids: those count up, and whoever guesses one would have the other.
 *
 * One transaction, so these tables are locked while they are rewritten: a clinic's are small. Stop here, and whoever
 * uses text ids notices nothing.
 */
export async function up(knex: Knex): Promise<void> {
  for (const table of ['clinics', ...TABLES.map(({ name }) => name)]) {
    await knex.raw(`ALTER TABLE ${table} ADD COLUMN uuid uuid NOT NULL DEFAULT gen_random_uuid()`);
  }
  for (const [entity, map] of Object.entries(MAPS)) await createMap(knex, entity, map);
  await createRegister(knex);
  for (const [entity, map] of Object.entries(MAPS)) {
    const clinic = entity === 'clinics' ? 'id' : 'clinic_id';
    await knex.raw(`
      CREATE TRIGGER register_ids AFTER INSERT ON ${entity} FOR EACH ROW
        EXECUTE FUNCTION register_ids('${map}', '${clinic}')`);
  }
  await createFill(knex);
  for (const { name, references } of TABLES) {
    for (const { column, uuid, target } of references) {
      await knex.raw(`ALTER TABLE ${name} ADD COLUMN ${uuid} uuid`);
      await knex.raw(`
        UPDATE ${name} t SET ${uuid} = m.uuid FROM ${mapOf(target)} m
        WHERE m.clinic_id = t.clinic_id AND m.id = t.${column}`);
    }
    const pairs = references.map(({ column, uuid, target }) => `'${mapOf(target)}', '${column}', '${uuid}'`);
    await knex.raw(`
      CREATE TRIGGER fill_ids BEFORE INSERT OR UPDATE ON ${name} FOR EACH ROW
        EXECUTE FUNCTION fill_ids(${pairs.join(', ')})`);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const { name, references } of TABLES) {
    await knex.raw(`DROP TRIGGER fill_ids ON ${name}`);
    for (const { uuid } of references) await knex.raw(`ALTER TABLE ${name} DROP COLUMN ${uuid}`);
  }
  await knex.raw('DROP FUNCTION fill_ids()');
  for (const [entity, map] of Object.entries(MAPS)) {
    await knex.raw(`DROP TRIGGER register_ids ON ${entity}`);
    await knex.raw(`DROP TABLE ${map}`);
    await knex.raw(`ALTER TABLE ${entity} DROP CONSTRAINT ${entity}_ids_key`);
  }
  await knex.raw('DROP FUNCTION register_ids()');
  for (const table of ['clinics', ...TABLES.map(({ name }) => name)]) {
    await knex.raw(`ALTER TABLE ${table} DROP COLUMN uuid`);
  }
}

/**
 * The foreign key holds both ids: a row cannot change one of them while the other stays (NO ACTION on update), and what
 * is deleted leaves the map. A clinic is its own clinic.
 */
async function createMap(knex: Knex, entity: string, map: string): Promise<void> {
  const ofClinics = entity === 'clinics';
  const ids = ofClinics ? ['id', 'uuid'] : ['clinic_id', 'id', 'uuid'];
  const own = ofClinics ? ['clinic_id', 'uuid'] : ids;
  await knex.raw(`ALTER TABLE ${entity} ADD CONSTRAINT ${entity}_ids_key UNIQUE (${ids.join(', ')})`);
  await knex.raw(`
    CREATE TABLE ${map} (
      clinic_id text NOT NULL,
      id text NOT NULL,
      uuid uuid NOT NULL,
      PRIMARY KEY (clinic_id, id),
      UNIQUE (clinic_id, uuid),
      FOREIGN KEY (${own.join(', ')}) REFERENCES ${entity} (${ids.join(', ')}) ON DELETE CASCADE
      ${ofClinics ? ', CHECK (id = clinic_id)' : ''}
    )`);
  await knex.raw(`
    INSERT INTO ${map} (clinic_id, id, uuid) SELECT ${ofClinics ? 'id' : 'clinic_id'}, id, uuid FROM ${entity}`);
}

/** What is new is entered into its map: register_ids(map, the row's column that names the clinic). */
async function createRegister(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION register_ids() RETURNS trigger LANGUAGE plpgsql
      SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    BEGIN
      EXECUTE format('INSERT INTO public.%I (clinic_id, id, uuid) VALUES ($1, $2, $3)', TG_ARGV[0])
        USING to_jsonb(NEW) ->> TG_ARGV[1], NEW.id, NEW.uuid;
      RETURN NULL;
    END
    $$`);
}

/**
 * fill_ids(map, text column, uuid column, …): the id that a writer left out, or left as it was, follows the one that was
 * given. Both given and at odds is an error. What the map does not know stays as it is, for foreign keys and policies
 * to refuse.
 */
async function createFill(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION fill_ids() RETURNS trigger LANGUAGE plpgsql
      SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    DECLARE
      before jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
      after jsonb := to_jsonb(NEW);
      filled jsonb := '{}';
      map text;
      id_column text;
      uuid_column text;
      id_given boolean;
      uuid_given boolean;
      found_id text;
      found_uuid uuid;
    BEGIN
      FOR i IN 0 .. TG_NARGS / 3 - 1 LOOP
        map := TG_ARGV[3 * i];
        id_column := TG_ARGV[3 * i + 1];
        uuid_column := TG_ARGV[3 * i + 2];
        id_given := after ->> id_column IS DISTINCT FROM before ->> id_column;
        uuid_given := after ->> uuid_column IS DISTINCT FROM before ->> uuid_column;
        IF id_given THEN
          EXECUTE format('SELECT uuid FROM public.%I WHERE clinic_id = $1 AND id = $2', map)
            INTO found_uuid USING after ->> 'clinic_id', after ->> id_column;
          IF uuid_given AND found_uuid <> (after ->> uuid_column)::uuid THEN
            RAISE EXCEPTION '% and % name two different rows', id_column, uuid_column
              USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = uuid_column;
          ELSIF NOT uuid_given THEN
            filled := filled || jsonb_build_object(uuid_column, found_uuid);
          END IF;
        ELSIF uuid_given THEN
          EXECUTE format('SELECT id FROM public.%I WHERE uuid = $1 AND clinic_id = coalesce($2, clinic_id)', map)
            INTO found_id USING (after ->> uuid_column)::uuid, after ->> 'clinic_id';
          filled := filled || jsonb_build_object(id_column, found_id);
          -- The clinic comes first: the other maps are asked for it.
          after := after || filled;
        END IF;
      END LOOP;
      RETURN jsonb_populate_record(NEW, filled);
    END
    $$`);
}
