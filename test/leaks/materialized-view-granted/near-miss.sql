CREATE MATERIALIZED VIEW kid_copy AS SELECT note FROM kids;
CREATE MATERIALIZED VIEW country_copy AS SELECT name FROM countries;
GRANT SELECT ON country_copy TO leak_app;
