CREATE FUNCTION shout(t text) RETURNS boolean LANGUAGE plpgsql
  AS 'BEGIN RAISE NOTICE ''%'', t; RETURN true; END';
