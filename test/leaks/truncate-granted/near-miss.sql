GRANT TRUNCATE ON kids TO leak_ops;
