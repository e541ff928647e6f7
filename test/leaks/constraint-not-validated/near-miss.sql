ALTER TABLE countries ADD CONSTRAINT noted CHECK (name <> '') NOT VALID;
