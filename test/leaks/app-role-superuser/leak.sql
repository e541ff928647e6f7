-- expect: app-role-superuser:"leak_app"
ALTER ROLE leak_app SUPERUSER;
