ALTER TABLE kids ADD EXCLUDE (tenant_id WITH =, note WITH =);
ALTER TABLE kids ADD EXCLUDE (parent_id WITH =, note WITH =);
