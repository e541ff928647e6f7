-- expect: app-role-owns-table:"public"."countries"
-- expect: app-role-owns-table:"public"."kids"
ALTER TABLE kids OWNER TO leak_app;
ALTER TABLE countries OWNER TO leak_app;
