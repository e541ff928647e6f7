-- expect: function-search-path:"public"."bare()"
-- expect: function-search-path:"public"."listed(tenant uuid)"
-- expect: function-search-path:"public"."short()"
CREATE FUNCTION bare() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION short() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT 1';
CREATE FUNCTION listed(tenant uuid) RETURNS boolean LANGUAGE sql STABLE
  AS 'SELECT EXISTS (SELECT FROM tenants t WHERE t.id = tenant)';
ALTER POLICY iso ON kids USING (tenant_id = cur() AND listed(tenant_id));
