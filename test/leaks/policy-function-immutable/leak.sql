-- expect: policy-undecided:"public"."kids":"iso"
-- expect: policy-function-immutable:"public"."fixed()"
CREATE FUNCTION fixed() RETURNS uuid LANGUAGE plpgsql IMMUTABLE
  AS $$ BEGIN RETURN nullif(current_setting('app.tenant_id', true), '')::uuid; END $$;
ALTER POLICY iso ON kids USING (tenant_id = fixed());
