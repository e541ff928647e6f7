-- expect: child-without-rls:"public"."events_now"
GRANT SELECT ON events_now TO leak_app;
