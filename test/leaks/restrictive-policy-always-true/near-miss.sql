-- config: {"context": {"sql": ["SELECT set_config('app.tenant_id', $1, true)", "SELECT set_config('app.store', '*', true)"]}}
CREATE POLICY floor ON kids AS RESTRICTIVE USING (tenant_id = cur());
-- True for the session that the configuration describes, not for every other.
CREATE POLICY store ON kids AS RESTRICTIVE USING ((SELECT current_setting('app.store', true)) IN ('*', note));
