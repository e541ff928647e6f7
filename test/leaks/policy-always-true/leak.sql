-- expect: policy-always-true:"public"."kids":"open"
-- expect: policy-always-true:"public"."numbered":"iso"
CREATE POLICY open ON kids FOR SELECT TO leak_app USING (true);
ALTER POLICY iso ON numbered USING (tenant_id IS NOT NULL OR label = 'x');
