-- expect: constraint-not-validated:"public"."kids":"noted"
ALTER TABLE kids ADD CONSTRAINT noted CHECK (note <> '') NOT VALID;
