-- expect: policy-fails-open:"public"."events":"iso"
-- expect: policy-fails-open:"public"."kids":"iso"
-- expect: policy-fails-open:"public"."numbered":"iso"
-- expect: policy-fails-open:"public"."parents":"iso"
ALTER POLICY iso ON kids
  USING (current_setting('app.tenant_id', true) IS NULL OR tenant_id = cur());
ALTER POLICY iso ON numbered USING (tenant_id = coalesce(cur(), tenant_id));
ALTER POLICY iso ON events USING ((tenant_id <> cur()) IS NOT TRUE);
ALTER POLICY iso ON parents USING (tenant_id = cur()) WITH CHECK (tenant_id = cur() OR cur() IS NULL);
