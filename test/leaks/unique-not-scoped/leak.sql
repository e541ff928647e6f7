-- expect: unique-not-scoped:"public"."kids":"lower_note"
-- expect: unique-not-scoped:"public"."numbered":"numbered_label_key"
-- expect: unique-not-scoped:"public"."slugs":"slugs_pkey"
CREATE UNIQUE INDEX lower_note ON kids (lower(note)) WHERE note <> '';
ALTER TABLE numbered ADD CONSTRAINT numbered_label_key UNIQUE (label) DEFERRABLE;
CREATE TABLE slugs (number int PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenants);
CREATE INDEX ON slugs (tenant_id);
ALTER TABLE slugs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY iso ON slugs USING (tenant_id = cur());
GRANT INSERT ON slugs TO leak_app;
