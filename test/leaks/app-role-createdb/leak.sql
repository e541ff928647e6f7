-- expect: app-role-createdb:"leak_app"
ALTER ROLE leak_app CREATEDB;
