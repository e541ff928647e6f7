-- since: 170000
GRANT MAINTAIN ON kids TO leak_ops;
