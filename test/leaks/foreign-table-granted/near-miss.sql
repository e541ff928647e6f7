CREATE FOREIGN DATA WRAPPER leak_wrapper;
CREATE SERVER leak_server FOREIGN DATA WRAPPER leak_wrapper;
CREATE FOREIGN TABLE kids_elsewhere (tenant_id uuid, note text) SERVER leak_server;
CREATE USER MAPPING FOR leak_ops SERVER leak_server;
GRANT USAGE ON FOREIGN SERVER leak_server TO leak_app;
