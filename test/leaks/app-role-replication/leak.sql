-- expect: app-role-replication:"leak_app"
ALTER ROLE leak_app REPLICATION;
