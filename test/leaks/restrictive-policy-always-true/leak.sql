-- expect: policy-always-true:"public"."kids":"open"
-- expect: restrictive-policy-always-true:"public"."kids":"floor"
CREATE POLICY floor ON kids AS RESTRICTIVE USING (true);
CREATE POLICY open ON kids FOR SELECT USING (true);
