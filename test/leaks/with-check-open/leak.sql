-- config: {"context": {"sql": ["SELECT set_config('app.tenant_id', $1, true)", "SELECT set_config('app.user_id', 'ffffffff-ffff-4fff-8fff-ffffffffffff', true)"]}}
-- expect: with-check-open:"public"."kids":"iso"
-- expect: with-check-open:"public"."numbered":"add"
-- expect: with-check-open:"public"."parents":"iso"
-- expect: with-check-open:"public"."people":"own"
ALTER POLICY iso ON kids WITH CHECK (true);
ALTER POLICY iso ON parents WITH CHECK (name IS NOT NULL);
CREATE POLICY add ON numbered FOR INSERT WITH CHECK (true);
-- To find one's own rows is not to write them for any tenant.
CREATE TABLE people (tenant_id uuid NOT NULL REFERENCES tenants, person uuid NOT NULL, PRIMARY KEY (tenant_id, person));
ALTER TABLE people ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE people OWNER TO leak_own;
GRANT SELECT, INSERT ON people TO leak_app;
CREATE POLICY own ON people USING (person = nullif(current_setting('app.user_id', true), '')::uuid);
