DROP POLICY iso ON kids;
REVOKE ALL ON kids FROM leak_app;
