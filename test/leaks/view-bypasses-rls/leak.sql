-- since: 150000
-- expect: view-bypasses-rls:"public"."all_kids"
-- expect: view-bypasses-rls:"public"."parent_names"
-- expect: view-bypasses-rls:"public"."some_kids"
CREATE VIEW all_kids AS SELECT * FROM kids;
CREATE VIEW kid_list AS SELECT id FROM all_kids;
ALTER VIEW kid_list OWNER TO leak_own;
GRANT SELECT ON all_kids TO leak_own;
GRANT SELECT ON kid_list TO leak_app;
CREATE VIEW some_kids AS SELECT k.note FROM kids k LEFT JOIN parents p ON p.id = k.parent_id AND k.tenant_id = cur();
ALTER VIEW some_kids OWNER TO leak_ops;
GRANT SELECT, INSERT ON some_kids TO leak_app;
ALTER VIEW parent_names SET (security_barrier = false);
