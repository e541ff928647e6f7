-- since: 150000
GRANT SET ON PARAMETER log_min_duration_statement TO leak_app;
GRANT SET ON PARAMETER session_replication_role TO leak_ops;
