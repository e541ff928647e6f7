-- expect: shared-writable:"public"."countries"
GRANT INSERT ON countries TO leak_app;
