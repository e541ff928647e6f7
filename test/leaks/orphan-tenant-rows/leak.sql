-- expect: orphan-tenant-rows:"public"."numbered"
SET LOCAL session_replication_role = replica;
INSERT INTO numbered (tenant_id, label) VALUES ('bbbbbbbb-0000-0000-0000-000000000000', 'gone');
SET LOCAL session_replication_role = origin;
