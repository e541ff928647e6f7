ALTER TABLE numbered ALTER tenant_id DROP NOT NULL;
