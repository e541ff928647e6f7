-- expect: function-leakproof:"public"."shout(t text)"
CREATE FUNCTION shout(t text) RETURNS boolean LANGUAGE plpgsql LEAKPROOF
  AS 'BEGIN RAISE NOTICE ''%'', t; RETURN true; END';
