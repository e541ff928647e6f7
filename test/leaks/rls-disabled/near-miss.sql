-- Nobody but its owner can touch it.
ALTER TABLE kids DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON kids FROM leak_app;
