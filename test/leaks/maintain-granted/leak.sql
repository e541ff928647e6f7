-- since: 170000
-- expect: maintain-granted:"public"."kids"
GRANT MAINTAIN ON kids TO leak_app;
