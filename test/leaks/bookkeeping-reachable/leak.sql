-- expect: bookkeeping-reachable:"public"."knex_migrations"
-- expect: bookkeeping-reachable:"tenantctl"."migration_log"
CREATE SCHEMA IF NOT EXISTS tenantctl;
CREATE TABLE tenantctl.migration_log (name text);
CREATE TABLE knex_migrations (id int, name text);
GRANT USAGE ON SCHEMA tenantctl TO leak_app;
GRANT SELECT ON tenantctl.migration_log TO leak_app;
GRANT SELECT, INSERT ON knex_migrations TO leak_app;
