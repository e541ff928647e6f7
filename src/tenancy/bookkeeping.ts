import type { Relation } from '../catalog/snapshot.js';
import { BOOKKEEPING_SCHEMA } from '../postgres/bookkeeping.js';

/** Schemas that belong to a tool as a whole. */
const SCHEMAS = new Set([
  BOOKKEEPING_SCHEMA,
  'drizzle',
  'graphile_migrate',
  'graphile_worker',
  'supabase_migrations',
]);

/** What migration tools call the tables in which they remember what was applied. */
const TABLES = new Set([
  '__EFMigrationsHistory',
  '__diesel_schema_migrations',
  '__drizzle_migrations',
  '_prisma_migrations',
  '_sqlx_migrations',
  'SequelizeData',
  'SequelizeMeta',
  'alembic_version',
  'ar_internal_metadata',
  'atlas_schema_revisions',
  'databasechangelog',
  'databasechangeloglock',
  'django_migrations',
  'doctrine_migration_versions',
  'flyway_schema_history',
  'goose_db_version',
  'gorp_migrations',
  'knex_migrations',
  'knex_migrations_lock',
  'kysely_migration',
  'kysely_migration_lock',
  'mikro_orm_migrations',
  'pgmigrations',
  'phinxlog',
  'refinery_schema_history',
  'schema_migrations',
  'schemaversion',
]);

/**
 * Says whose bookkeeping a relation is, in words; undefined where it is the application's own.
 *
 * @param ledger the configured name of the migration table; knex derives its lock table's name from it
 */
export function bookkeeper(relation: Relation, ledger: string | undefined): string | undefined {
  const { schema, name, extension } = relation;
  if (extension !== undefined) return `belongs to the extension ${extension}`;
  if (SCHEMAS.has(schema)) return `schema ${schema} is a tool's bookkeeping`;
  if (TABLES.has(name)) return "a migration tool's bookkeeping";
  if (ledger !== undefined && (name === ledger || name === `${ledger}_lock`)) {
    return 'the configured migration table';
  }
  return undefined;
}
