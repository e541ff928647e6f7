CREATE TABLE members (login text, of uuid);
GRANT SELECT ON members TO leak_app;
ALTER POLICY iso ON kids USING (tenant_id IN (SELECT m.of FROM members m WHERE m.login = current_setting('app.login', true)));
