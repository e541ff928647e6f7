-- expect: app-role-in-owner:"leak_app":"leak_own"
-- expect: child-without-rls:"public"."events_now"
GRANT leak_own TO leak_app;
