-- expect: tenant-column-nullable:"public"."numbered"
ALTER TABLE numbered ALTER tenant_id DROP NOT NULL;
