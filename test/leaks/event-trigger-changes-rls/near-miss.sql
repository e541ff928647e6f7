-- One that closes, one that is switched off, one that only reports.
CREATE FUNCTION closes() RETURNS event_trigger LANGUAGE plpgsql
  AS 'BEGIN ALTER TABLE public.kids ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; END';
CREATE FUNCTION opens() RETURNS event_trigger LANGUAGE plpgsql
  AS 'BEGIN ALTER TABLE public.kids DISABLE ROW LEVEL SECURITY; END';
CREATE FUNCTION tells() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''%'', tg_tag; END';
CREATE EVENT TRIGGER closer ON ddl_command_end EXECUTE FUNCTION closes();
CREATE EVENT TRIGGER opener ON ddl_command_end EXECUTE FUNCTION opens();
ALTER EVENT TRIGGER opener DISABLE;
CREATE EVENT TRIGGER teller ON ddl_command_end EXECUTE FUNCTION tells();
