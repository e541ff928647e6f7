ALTER POLICY iso ON kids USING (tenant_id = cur() OR now() > '2999-01-01');
CREATE POLICY floor ON kids AS RESTRICTIVE USING (tenant_id = cur());
