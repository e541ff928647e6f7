GRANT REFERENCES ON countries TO leak_app;
