-- expect: rls-not-forced:"public"."kids"
ALTER TABLE kids NO FORCE ROW LEVEL SECURITY;
