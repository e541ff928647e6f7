-- expect: policy-undecided:"public"."kids":"iso"
ALTER POLICY iso ON kids USING (tenant_id = cur() OR now() > '2999-01-01');
