-- expect: fk-skipped-without-tenant:"public"."notes":"to_parent"
-- expect: tenant-column-nullable:"public"."notes"
CREATE TABLE notes (tenant_id uuid, parent_id uuid, body text,
  CONSTRAINT to_parent FOREIGN KEY (tenant_id, parent_id) REFERENCES parents);
CREATE INDEX ON notes (tenant_id);
