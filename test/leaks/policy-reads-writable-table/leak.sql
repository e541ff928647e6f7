-- expect: policy-reads-writable-table:"public"."kids":"iso"
-- expect: untenanted-reachable:"public"."members"
CREATE TABLE members (login text, of uuid);
GRANT SELECT, INSERT ON members TO leak_app;
ALTER POLICY iso ON kids USING (tenant_id IN (SELECT m.of FROM members m WHERE m.login = current_setting('app.login', true)));
