CREATE TABLE notes (tenant_id uuid, parent_id uuid, body text,
  CONSTRAINT to_parent FOREIGN KEY (tenant_id, parent_id) REFERENCES parents MATCH FULL);
