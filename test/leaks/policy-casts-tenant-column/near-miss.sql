ALTER POLICY iso ON kids USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
