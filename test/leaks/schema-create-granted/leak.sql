-- expect: schema-create-granted:"public"
GRANT CREATE ON SCHEMA public TO leak_app;
