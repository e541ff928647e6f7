-- config: {"columns": ["tenant_id", "org"]}
CREATE VIEW by_org AS SELECT tenant_id AS org FROM kids;
