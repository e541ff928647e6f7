CREATE SCHEMA IF NOT EXISTS tenantctl;
CREATE TABLE tenantctl.migration_log (name text);
CREATE TABLE schema_migrations (version text);
GRANT SELECT ON tenantctl.migration_log TO leak_app;
GRANT SELECT ON schema_migrations TO leak_app;
