-- expect: trigger-granted:"public"."kids"
GRANT TRIGGER ON kids TO leak_app;
