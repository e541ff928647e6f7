-- expect: security-definer-function:"public"."all_notes()"
-- expect: security-definer-function:"public"."as_xml(query text)"
-- expect: security-definer-function:"public"."drop_kid(id uuid)"
-- expect: security-definer-function:"public"."peek()"
-- expect: security-definer-function:"public"."pointed(query text)"
-- expect: security-definer-function:"public"."rows(query text)"
-- expect: security-definer-function:"public"."run(query text)"
CREATE FUNCTION all_notes() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'SELECT note FROM kids';
CREATE FUNCTION drop_kid(id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'BEGIN DELETE FROM kids k WHERE k.id = drop_kid.id; END';
CREATE FUNCTION run(query text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'DECLARE answer text; BEGIN EXECUTE query INTO answer; RETURN answer; END';
CREATE FUNCTION peek() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'BEGIN NEW.name := (SELECT string_agg(note, '','') FROM kids); RETURN NEW; END';
CREATE TRIGGER peek BEFORE INSERT ON parents FOR EACH ROW EXECUTE FUNCTION peek();
CREATE FUNCTION as_xml(query text) RETURNS xml LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'SELECT query_to_xml(query, true, true, '''')';
CREATE FUNCTION rows(query text) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'BEGIN RETURN QUERY EXECUTE query; END';
CREATE FUNCTION pointed(query text) RETURNS refcursor LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'DECLARE rows refcursor; BEGIN OPEN rows FOR EXECUTE query; RETURN rows; END';
