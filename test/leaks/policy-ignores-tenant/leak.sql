-- expect: policy-ignores-tenant:"public"."events":"b"
-- expect: policy-ignores-tenant:"public"."kids":"iso"
-- expect: policy-ignores-tenant:"public"."numbered":"known"
-- expect: policy-ignores-tenant:"public"."parents":"precedence"
-- expect: policy-ignores-tenant:"public"."tenants":"self"
ALTER POLICY iso ON kids USING (tenant_id = cur() OR parent_id IS NULL);
CREATE POLICY precedence ON parents USING (tenant_id = cur() AND name = 'x' OR name = 'kb') WITH CHECK (false);
CREATE POLICY known ON numbered FOR DELETE USING (session_user = 'leak_app' AND label <> 'x');
CREATE POLICY b ON events USING (tenant_id = '11111111-1111-1111-1111-111111111111') WITH CHECK (false);
CREATE POLICY self ON tenants FOR SELECT USING (EXISTS (SELECT FROM parents p WHERE p.tenant_id = p.id));
