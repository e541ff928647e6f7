-- Citus-like and AWS SaaS samples: one setting, one column, in each of the spellings that people use.
-- config: {"context": {"setting": "app.current_tenant"}}
CREATE TABLE tenants (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (tenant_id uuid NOT NULL, id bigint, status text NOT NULL, total numeric(10,2), archived boolean NOT NULL, deleted_at timestamptz, PRIMARY KEY (tenant_id, id));
CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('app.current_tenant', true), '')::uuid $$;
CREATE FUNCTION current_tenant_strict() RETURNS uuid LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_setting('app.current_tenant')::uuid; END $$;
CREATE FUNCTION is_current(t uuid) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT t = public.current_tenant() $$;

-- expect: proved: the plain form; without a tenant the cast of '' fails, and so it is closed
CREATE POLICY p ON orders USING (tenant_id = current_setting('app.current_tenant')::uuid);
-- expect: proved: with missing_ok, unset is NULL, and NULL is no match
CREATE POLICY p ON orders USING (tenant_id = current_setting('app.current_tenant', true)::uuid);
-- expect: proved: nullif makes '' no tenant
CREATE POLICY p ON orders USING (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid);
-- expect: proved: wrapped, so that it is asked once per statement
CREATE POLICY p ON orders USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid));
-- expect: proved: the column as text keeps uuids apart
CREATE POLICY p ON orders USING (tenant_id::text = current_setting('app.current_tenant', true));
-- expect: proved: both sides as varchar
CREATE POLICY p ON orders USING (tenant_id::varchar = current_setting('app.current_tenant', true)::varchar);
-- expect: proved: a helper in SQL
CREATE POLICY p ON orders USING (tenant_id = current_tenant());
-- expect: proved: a helper in PL/pgSQL that only returns
CREATE POLICY p ON orders USING (tenant_id = current_tenant_strict());
-- expect: proved: a helper that compares
CREATE POLICY p ON orders USING (is_current(tenant_id)) WITH CHECK (is_current(tenant_id));
-- expect: proved: the guards are redundant, and harmless
CREATE POLICY p ON orders USING (tenant_id IS NOT NULL AND current_setting('app.current_tenant', true) IS NOT NULL AND tenant_id = current_setting('app.current_tenant', true)::uuid);
-- expect: proved: CASE against the cast of ''
CREATE POLICY p ON orders USING (CASE WHEN coalesce(current_setting('app.current_tenant', true), '') = '' THEN false ELSE tenant_id = current_setting('app.current_tenant', true)::uuid END);
-- expect: proved: IN with one value
CREATE POLICY p ON orders USING (tenant_id IN (SELECT current_tenant()));
-- expect: proved: a null-safe comparison on a NOT NULL column
CREATE POLICY p ON orders USING (tenant_id IS NOT DISTINCT FROM current_tenant());
-- expect: proved: soft deletes only narrow it
CREATE POLICY p ON orders USING (tenant_id = current_tenant() AND deleted_at IS NULL);
-- expect: proved: the floor holds what the second policy opens
CREATE POLICY open ON orders USING (true);
CREATE POLICY floor ON orders AS RESTRICTIVE USING (tenant_id = current_tenant());
-- expect: proved: a key that no tenant has in place of none
CREATE POLICY p ON orders USING (tenant_id = coalesce(nullif(current_setting('app.current_tenant', true), ''), NULL)::uuid);
-- expect: refuted: everything
CREATE POLICY p ON orders USING (true);
-- expect: refuted: fails open when nothing is set
CREATE POLICY p ON orders USING (current_setting('app.current_tenant', true) IS NULL OR tenant_id = current_tenant());
-- expect: refuted: fails open for ''
CREATE POLICY p ON orders USING (coalesce(current_setting('app.current_tenant', true), '') = '' OR tenant_id = current_tenant());
-- expect: refuted: coalesce to the column itself
CREATE POLICY p ON orders USING (tenant_id = coalesce(current_tenant(), tenant_id));
-- expect: refuted: OR binds weaker than AND
CREATE POLICY p ON orders USING (tenant_id = current_tenant() AND archived OR status = 'public');
-- expect: refuted: published rows of everybody
CREATE POLICY p ON orders USING (tenant_id = current_tenant()) WITH CHECK (status <> 'locked');
-- expect: refuted: INSERT is open to any tenant
CREATE POLICY s ON orders FOR SELECT USING (tenant_id = current_tenant());
CREATE POLICY i ON orders FOR INSERT WITH CHECK (total >= 0);
-- expect: refuted: deleting is nobody's business here
CREATE POLICY s ON orders FOR SELECT USING (tenant_id = current_tenant());
CREATE POLICY d ON orders FOR DELETE USING (archived);
-- expect: refuted: a wrong operator
CREATE POLICY p ON orders USING (tenant_id >= current_tenant());
-- expect: refuted: a default tenant
CREATE POLICY p ON orders USING (tenant_id = coalesce(nullif(current_setting('app.current_tenant', true), '')::uuid, '11111111-1111-1111-1111-111111111111'));
-- expect: unknown: a switch that the context knows nothing of
CREATE POLICY p ON orders USING (tenant_id = current_tenant() OR current_setting('app.bypass_rls', true) = 'on');
-- expect: refuted: negation takes NULL for a match
CREATE POLICY p ON orders USING ((tenant_id <> current_tenant()) IS NOT TRUE);
