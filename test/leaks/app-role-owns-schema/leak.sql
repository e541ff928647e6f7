-- expect: app-role-owns-schema:"public"
ALTER SCHEMA public OWNER TO leak_app;
