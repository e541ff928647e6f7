ALTER TABLE numbered DROP CONSTRAINT numbered_tenant_id_label_key;
CREATE INDEX ON numbered (tenant_id, label) WHERE label IS NOT NULL;
