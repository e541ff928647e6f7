-- expect: policy-calls-volatile:"public"."kids":"iso"
ALTER POLICY iso ON kids USING (tenant_id = cur() AND random() < 2);
