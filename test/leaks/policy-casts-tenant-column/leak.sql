-- expect: policy-casts-tenant-column:"public"."kids":"iso"
ALTER POLICY iso ON kids USING (tenant_id::text = current_setting('app.tenant_id', true));
