-- since: 150000
ALTER TABLE kids DROP CONSTRAINT kids_tenant_id_parent_id_fkey,
  ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES parents ON DELETE SET NULL (parent_id);
