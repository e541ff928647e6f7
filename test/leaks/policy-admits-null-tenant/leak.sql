-- expect: policy-admits-null-tenant:"public"."numbered":"iso"
-- expect: tenant-column-nullable:"public"."numbered"
ALTER TABLE numbered ALTER tenant_id DROP NOT NULL;
ALTER POLICY iso ON numbered USING (tenant_id = cur() OR tenant_id IS NULL);
