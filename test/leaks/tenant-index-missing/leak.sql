-- expect: tenant-index-missing:"public"."numbered"
ALTER TABLE numbered DROP CONSTRAINT numbered_tenant_id_label_key;
CREATE INDEX ON numbered (label, tenant_id);
