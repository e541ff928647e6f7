-- expect: fk-crosses-tenants:"public"."kids":"to_number"
-- expect: tenant-mismatch:"public"."kids":"kids_tenant_id_parent_id_fkey"
-- expect: tenant-mismatch:"public"."kids":"to_number"
INSERT INTO tenants VALUES ('aaaaaaaa-0000-0000-0000-000000000000', 'a'), ('bbbbbbbb-0000-0000-0000-000000000000', 'b');
INSERT INTO parents (tenant_id, id) VALUES ('aaaaaaaa-0000-0000-0000-000000000000', 'aaaaaaaa-0000-0000-0000-000000000000'), ('bbbbbbbb-0000-0000-0000-000000000000', 'bbbbbbbb-0000-0000-0000-000000000000');
INSERT INTO numbered (tenant_id, token) VALUES ('bbbbbbbb-0000-0000-0000-000000000000', 'bbbbbbbb-0000-0000-0000-000000000000');
ALTER TABLE kids ADD token uuid;
ALTER TABLE kids ADD CONSTRAINT to_number FOREIGN KEY (token) REFERENCES numbered (token);
INSERT INTO kids (tenant_id, token) VALUES ('aaaaaaaa-0000-0000-0000-000000000000', 'bbbbbbbb-0000-0000-0000-000000000000');
SET LOCAL session_replication_role = replica;
INSERT INTO kids (tenant_id, parent_id) VALUES ('aaaaaaaa-0000-0000-0000-000000000000', 'bbbbbbbb-0000-0000-0000-000000000000');
SET LOCAL session_replication_role = origin;
