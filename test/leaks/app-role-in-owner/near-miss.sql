CREATE ROLE leak_group;
GRANT SELECT ON kids TO leak_group;
GRANT leak_group TO leak_app;
