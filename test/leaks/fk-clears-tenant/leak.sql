-- since: 150000
-- expect: fk-clears-tenant:"public"."kids":"kids_tenant_id_parent_id_fkey"
ALTER TABLE kids DROP CONSTRAINT kids_tenant_id_parent_id_fkey,
  ADD CONSTRAINT kids_tenant_id_parent_id_fkey FOREIGN KEY (tenant_id, parent_id) REFERENCES parents ON DELETE SET NULL;
