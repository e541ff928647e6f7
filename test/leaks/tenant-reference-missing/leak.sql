-- expect: tenant-reference-missing:"public"."numbered"
ALTER TABLE numbered DROP CONSTRAINT numbered_tenant_id_fkey;
