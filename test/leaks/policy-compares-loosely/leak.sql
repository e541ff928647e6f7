-- expect: policy-undecided:"public"."kids":"iso"
-- expect: policy-undecided:"public"."texts":"iso"
-- expect: policy-undecided:"public"."texts":"number"
-- expect: policy-casts-empty-setting:"public"."texts":"number"
-- expect: policy-casts-tenant-column:"public"."texts":"number"
-- config: {"columnOverrides": [{"relation": {"schema": "public", "name": "texts"}, "column": "tenant"}]}
-- expect: policy-compares-loosely:"public"."kids":"iso"
-- expect: policy-compares-loosely:"public"."texts":"iso"
-- expect: policy-compares-loosely:"public"."texts":"number"
-- expect: tenant-reference-missing:"public"."texts"
ALTER POLICY iso ON kids
  USING (tenant_id = ANY (string_to_array(current_setting('app.tenant_id', true), ',')::uuid[]));
CREATE TABLE texts (tenant text NOT NULL, id int, PRIMARY KEY (tenant, id));
ALTER TABLE texts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY iso ON texts USING (tenant LIKE current_setting('app.tenant_id', true));
CREATE POLICY number ON texts FOR SELECT USING (tenant::int = current_setting('app.tenant_id', true)::int);
GRANT SELECT ON texts TO leak_app;
