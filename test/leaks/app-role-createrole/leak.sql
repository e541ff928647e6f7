-- expect: app-role-createrole:"leak_app"
ALTER ROLE leak_app CREATEROLE;
