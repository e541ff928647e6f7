-- expect: references-granted:"public"."parents"
GRANT REFERENCES (email) ON parents TO leak_app;
