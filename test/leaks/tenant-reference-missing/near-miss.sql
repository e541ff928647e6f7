-- Held by its parent, whose own column is held to the root.
CREATE TABLE grandkids (tenant_id uuid NOT NULL, kid_id uuid,
  FOREIGN KEY (tenant_id, kid_id) REFERENCES kids);
