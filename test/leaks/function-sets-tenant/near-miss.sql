-- Another setting, none of the application's, one that takes the tenant away, and the usual one.
CREATE FUNCTION locale() RETURNS text LANGUAGE sql AS $$SELECT set_config('app.locale', 'de', true)$$;
CREATE FUNCTION switch() RETURNS text LANGUAGE sql
  AS $$SELECT set_config('app.tenant_id', '11111111-1111-1111-1111-111111111111', true)$$;
REVOKE EXECUTE ON FUNCTION switch() FROM PUBLIC;
CREATE FUNCTION leave() RETURNS void LANGUAGE plpgsql AS $$BEGIN RESET app.tenant_id; END$$;
CREATE FUNCTION become(tenant uuid) RETURNS text LANGUAGE sql
  AS $$SELECT set_config('app.tenant_id', tenant::text, true)$$;
