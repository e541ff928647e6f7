-- expect: public-grant:"public"."kids"
GRANT SELECT ON kids TO PUBLIC;
