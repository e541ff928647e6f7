INSERT INTO tenants VALUES ('aaaaaaaa-0000-0000-0000-000000000000', 'a');
INSERT INTO numbered (tenant_id, label) VALUES ('aaaaaaaa-0000-0000-0000-000000000000', 'a''s');
