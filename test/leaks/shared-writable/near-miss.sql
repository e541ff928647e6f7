-- Row security without a policy for it denies the write.
GRANT INSERT ON countries TO leak_app;
ALTER TABLE countries ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON countries FOR SELECT USING (true);
