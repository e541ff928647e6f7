-- expect: app-role-can-bypass:"leak_app":"leak_ops"
CREATE ROLE leak_group;
GRANT leak_ops TO leak_group;
GRANT leak_group TO leak_app;
