-- Both ways of an error, and a comparison that is null-safe on a column that cannot be NULL.
ALTER POLICY iso ON kids USING (tenant_id = current_setting('app.tenant_id')::uuid);
ALTER POLICY iso ON numbered USING (tenant_id IS NOT DISTINCT FROM cur());
ALTER POLICY iso ON parents
  USING (CASE WHEN current_setting('app.tenant_id', true) IS NULL THEN false ELSE tenant_id = cur() END);
