GRANT pg_read_all_settings TO leak_app;
GRANT pg_read_server_files TO leak_ops;
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO leak_ops;
