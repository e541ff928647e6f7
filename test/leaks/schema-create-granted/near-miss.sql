CREATE SCHEMA leak_other;
GRANT CREATE, USAGE ON SCHEMA leak_other TO leak_app;
