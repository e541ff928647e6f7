-- Out of reach, denied by row security, and tenants' by a foreign key.
CREATE TABLE drafts (body text);
CREATE TABLE denied (body text);
GRANT SELECT ON denied TO leak_app;
ALTER TABLE denied ENABLE ROW LEVEL SECURITY;
CREATE TABLE attached (numbered_id bigint REFERENCES numbered, body text);
GRANT SELECT ON attached TO leak_app;
