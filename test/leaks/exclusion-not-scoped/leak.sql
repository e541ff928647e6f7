-- expect: exclusion-not-scoped:"public"."kids":"one_note"
ALTER TABLE kids ADD CONSTRAINT one_note EXCLUDE (note WITH =);
