-- config: {"context": {"sql": ["SELECT set_config('app.tenant_id', $1, true)", "SELECT set_config('app.user_id', 'ffffffff-ffff-4fff-8fff-ffffffffffff', true)"]}}
-- A branch that needs the tenant as well, one that only a function can decide, and one that is never met.
CREATE FUNCTION may_see(tenant uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS 'BEGIN RETURN tenant = public.cur(); END';
ALTER POLICY iso ON kids USING (tenant_id = cur() AND (parent_id IS NULL OR note = 'x'));
ALTER POLICY iso ON numbered USING (may_see(tenant_id));
ALTER POLICY iso ON parents USING (tenant_id = cur() OR tenant_id IS NULL OR session_user = 'leak_ops');
-- Users find their own rows, of whichever tenant.
ALTER TABLE numbered ADD person uuid;
CREATE POLICY own ON numbered FOR SELECT USING (person = nullif(current_setting('app.user_id', true), '')::uuid);
