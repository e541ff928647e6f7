-- USING alone is also the check; and an INSERT policy is no use without the privilege.
DROP POLICY iso ON kids;
CREATE POLICY iso ON kids USING (tenant_id = cur());
REVOKE INSERT ON numbered FROM leak_app;
CREATE POLICY add ON numbered FOR INSERT WITH CHECK (true);
