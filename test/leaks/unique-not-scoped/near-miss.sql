-- Made up by the database, scoped by what it refers to or by an expression, or not the application's to write.
CREATE SEQUENCE numbers;
ALTER TABLE kids ADD number bigint UNIQUE DEFAULT nextval('numbers');
CREATE UNIQUE INDEX ON kids (parent_id, note);
CREATE UNIQUE INDEX ON kids ((tenant_id::text || note));
REVOKE INSERT, UPDATE ON numbered FROM leak_app;
CREATE UNIQUE INDEX ON numbered (label);
