GRANT TRIGGER ON countries TO leak_ops;
