-- since: 150000
-- expect: parameter-granted:"session_replication_role"
GRANT SET ON PARAMETER session_replication_role TO leak_app;
