CREATE VIEW kid_notes AS SELECT tenant_id, note FROM kids;
