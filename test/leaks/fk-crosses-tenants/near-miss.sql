-- To shared rows, to the root, and with the tenant.
ALTER TABLE numbered ADD UNIQUE (tenant_id, id);
ALTER TABLE kids ADD numbered_id bigint, ADD country text REFERENCES countries, ADD owner uuid REFERENCES tenants;
ALTER TABLE kids ADD FOREIGN KEY (tenant_id, numbered_id) REFERENCES numbered (tenant_id, id);
