-- expect: app-role-bypassrls:"leak_app"
ALTER ROLE leak_app BYPASSRLS;
