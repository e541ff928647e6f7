-- expect: event-trigger-changes-rls:"closer"
-- expect: event-trigger-changes-rls:"dropper"
-- expect: event-trigger-changes-rls:"texts"
CREATE FUNCTION opens() RETURNS event_trigger LANGUAGE plpgsql
  AS 'BEGIN ALTER TABLE public.kids DISABLE ROW LEVEL SECURITY; END';
CREATE FUNCTION drops() RETURNS event_trigger LANGUAGE plpgsql
  AS 'BEGIN DROP POLICY IF EXISTS later ON public.kids; END';
CREATE FUNCTION runs() RETURNS event_trigger LANGUAGE plpgsql
  AS 'BEGIN EXECUTE format(''ALTER TABLE %s DISABLE ROW LEVEL SECURITY'', ''public.kids''); END';
CREATE EVENT TRIGGER closer ON sql_drop EXECUTE FUNCTION opens();
CREATE EVENT TRIGGER dropper ON sql_drop EXECUTE FUNCTION drops();
CREATE EVENT TRIGGER texts ON sql_drop EXECUTE FUNCTION runs();
