-- expect: untenanted-reachable:"public"."drafts"
CREATE TABLE drafts (body text);
GRANT SELECT ON drafts TO leak_app;
