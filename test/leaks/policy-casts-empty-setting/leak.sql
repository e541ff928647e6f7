-- expect: policy-casts-empty-setting:"public"."kids":"iso"
-- expect: policy-casts-empty-setting:"public"."numbered":"iso"
ALTER POLICY iso ON kids USING (tenant_id = current_setting('app.tenant_id', true)::uuid);
ALTER POLICY iso ON numbered USING (tenant_id = (SELECT current_setting('app.tenant_id')::uuid));
