-- expect: materialized-view-granted:"public"."kid_copy"
CREATE MATERIALIZED VIEW kid_copy AS SELECT note FROM kids;
GRANT SELECT ON kid_copy TO leak_app;
