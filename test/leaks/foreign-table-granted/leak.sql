-- expect: foreign-table-granted:"leak_server"
-- expect: foreign-table-granted:"public"."kids_elsewhere"
CREATE FOREIGN DATA WRAPPER leak_wrapper;
CREATE SERVER leak_server FOREIGN DATA WRAPPER leak_wrapper;
CREATE FOREIGN TABLE kids_elsewhere (tenant_id uuid, note text) SERVER leak_server;
GRANT SELECT ON kids_elsewhere TO leak_app;
CREATE USER MAPPING FOR PUBLIC SERVER leak_server;
GRANT USAGE ON FOREIGN SERVER leak_server TO leak_app;
