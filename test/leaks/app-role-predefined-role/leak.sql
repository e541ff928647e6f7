-- expect: app-role-predefined-role:"leak_app":"pg_monitor"
-- expect: app-role-predefined-role:"leak_app":"pg_read_all_stats"
-- expect: app-role-predefined-role:"leak_app":"pg_read_file(text)"
-- expect: app-role-predefined-role:"leak_app":"pg_read_server_files"
-- expect: app-role-predefined-role:"leak_app":"pg_stat_scan_tables"
GRANT pg_read_server_files, pg_monitor TO leak_app;
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO leak_app;
