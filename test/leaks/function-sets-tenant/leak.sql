-- expect: function-sets-tenant:"public"."switch()"
-- expect: function-sets-tenant:"public"."to_one()"
CREATE FUNCTION switch() RETURNS text LANGUAGE sql
  AS $$SELECT set_config('app.tenant_id', '11111111-1111-1111-1111-111111111111', true)$$;
CREATE FUNCTION to_one() RETURNS void LANGUAGE plpgsql
  AS $$BEGIN SET LOCAL app.tenant_id = '11111111-1111-1111-1111-111111111111'; END$$;
