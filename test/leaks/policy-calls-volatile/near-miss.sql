ALTER POLICY iso ON kids USING (tenant_id = cur() AND now() > '2000-01-01');
