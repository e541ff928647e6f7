-- Exact, in the column's type or as its whole text; a pattern on another column.
ALTER POLICY iso ON kids USING (tenant_id::text = current_setting('app.tenant_id', true));
ALTER POLICY iso ON numbered USING (tenant_id = cur() AND label LIKE current_setting('app.prefix', true));
