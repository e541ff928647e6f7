-- expect: policies-dormant:"public"."countries"
CREATE POLICY readable ON countries FOR SELECT USING (true);
