-- expect: rls-disabled:"public"."kids"
ALTER TABLE kids DISABLE ROW LEVEL SECURITY;
