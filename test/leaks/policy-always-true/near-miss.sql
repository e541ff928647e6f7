-- A floor for the same role and command, and a policy for a role that the application is not.
CREATE POLICY open ON kids FOR SELECT USING (true);
CREATE POLICY floor ON kids AS RESTRICTIVE USING (tenant_id = cur());
CREATE POLICY open ON numbered TO leak_ops USING (true);
