-- expect: null-tenant-rows:"public"."numbered"
-- expect: tenant-column-nullable:"public"."numbered"
ALTER TABLE numbered ALTER tenant_id DROP NOT NULL;
INSERT INTO numbered (tenant_id, label) VALUES (NULL, 'nobody''s');
