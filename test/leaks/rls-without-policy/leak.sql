-- expect: rls-without-policy:"public"."kids"
DROP POLICY iso ON kids;
