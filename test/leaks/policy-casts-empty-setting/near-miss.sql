-- Made NULL first; another setting; and a text, of which every one is valid.
ALTER POLICY iso ON kids USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
ALTER POLICY iso ON numbered USING (tenant_id = cur() AND current_setting('app.level', true)::int > 1);
ALTER POLICY iso ON parents USING (tenant_id::text = current_setting('app.tenant_id', true)::varchar);
