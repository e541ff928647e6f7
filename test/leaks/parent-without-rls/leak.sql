-- expect: parent-without-rls:"public"."things"
CREATE TABLE things (note text);
GRANT SELECT ON things TO leak_app;
ALTER TABLE kids INHERIT things;
