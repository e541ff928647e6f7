-- since: 150000
-- expect: fk-crosses-tenants:"public"."kids":"beside"
-- expect: fk-crosses-tenants:"public"."kids":"to_number"
-- expect: fk-crosses-tenants:"public"."kids":"to_token"
ALTER TABLE kids ADD numbered_id bigint, ADD numbered_token uuid;
ALTER TABLE kids ADD CONSTRAINT to_number FOREIGN KEY (numbered_id) REFERENCES numbered ON DELETE CASCADE;
ALTER TABLE kids ADD CONSTRAINT to_token FOREIGN KEY (numbered_token) REFERENCES numbered (token)
  ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
-- The foreign key over (tenant_id, parent_id) stays.
ALTER TABLE parents ADD UNIQUE (id);
ALTER TABLE kids ADD CONSTRAINT beside FOREIGN KEY (parent_id) REFERENCES parents (id);
