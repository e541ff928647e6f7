ALTER TABLE kids ALTER tenant_id SET DEFAULT NULL;
ALTER TABLE numbered ALTER tenant_id SET DEFAULT current_setting('app.tenant_id')::uuid;
