-- since: 150000
-- As the caller; as an owner whom policies bind; out of reach; and held to the tenant by itself.
CREATE VIEW mine WITH (security_invoker) AS SELECT * FROM kids;
CREATE VIEW bound AS SELECT * FROM kids;
ALTER VIEW bound OWNER TO leak_own;
CREATE VIEW hidden AS SELECT * FROM kids;
CREATE VIEW held WITH (security_barrier) AS
  SELECT k.note, p.name FROM kids k JOIN parents p ON p.tenant_id = k.tenant_id AND p.id = k.parent_id
  WHERE k.tenant_id = cur();
GRANT SELECT ON mine, bound, held TO leak_app;
