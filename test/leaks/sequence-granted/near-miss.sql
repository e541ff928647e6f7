GRANT USAGE ON SEQUENCE numbered_id_seq TO leak_app;
