-- expect: policy-undecided:"public"."kids":"iso"
-- expect: policy-reads-writable-table:"public"."kids":"iso"
-- expect: policy-reads-writable-table:"public"."numbered":"iso"
-- expect: untenanted-reachable:"public"."members"
CREATE TABLE members (login text, of uuid);
GRANT SELECT, INSERT ON members TO leak_app;
ALTER POLICY iso ON kids USING (tenant_id IN (SELECT m.of FROM members m WHERE m.login = current_setting('app.login', true)));
-- The same where a function reads it.
ALTER TABLE members ADD tenant uuid;
CREATE FUNCTION joined(t uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS 'SELECT EXISTS (SELECT FROM members m WHERE m.of = t AND m.tenant = cur())';
ALTER POLICY iso ON numbered USING (joined(tenant_id));
