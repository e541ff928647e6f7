-- expect: truncate-granted:"public"."kids"
GRANT TRUNCATE ON kids TO leak_app;
