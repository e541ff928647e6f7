-- expect: with-check-open:"public"."kids":"iso"
-- expect: with-check-open:"public"."numbered":"add"
-- expect: with-check-open:"public"."parents":"iso"
ALTER POLICY iso ON kids WITH CHECK (true);
ALTER POLICY iso ON parents WITH CHECK (name IS NOT NULL);
CREATE POLICY add ON numbered FOR INSERT WITH CHECK (true);
