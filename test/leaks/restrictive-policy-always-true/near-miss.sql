CREATE POLICY floor ON kids AS RESTRICTIVE USING (tenant_id = cur());
