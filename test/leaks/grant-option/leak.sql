-- expect: grant-option:"public"."kids"
GRANT SELECT ON kids TO leak_app WITH GRANT OPTION;
