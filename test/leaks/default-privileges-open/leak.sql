-- expect: default-privileges-open:"leak_own":"leak_app"
-- expect: default-privileges-open:"public"."leak_own":"public"
ALTER DEFAULT PRIVILEGES FOR ROLE leak_own IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE leak_own GRANT ALL ON TABLES TO leak_app;
