-- The other way round: the operators can become the application.
GRANT leak_app TO leak_ops;
