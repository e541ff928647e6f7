GRANT pg_read_all_settings TO leak_app;
GRANT pg_read_server_files TO leak_ops;
