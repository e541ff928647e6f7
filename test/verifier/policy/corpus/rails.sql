-- Rails acts_as_tenant and Django: bigint keys, a setting per request, polymorphic flags.
-- config: {"context": {"setting": "app.account_id"}, "root": "accounts", "columns": ["account_id"]}
CREATE TABLE accounts (id bigint PRIMARY KEY, name text);
CREATE TABLE projects (id bigint PRIMARY KEY, account_id bigint NOT NULL, name text, public boolean NOT NULL, kind int NOT NULL CHECK (kind IN (0, 1)));
CREATE TABLE tasks (id bigint PRIMARY KEY, account_id bigint NOT NULL, project_id bigint NOT NULL, title text, state varchar(10) NOT NULL, due date, settings jsonb, labels text[]);
CREATE TABLE comments (id bigint PRIMARY KEY, account_id bigint, body text);
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON projects USING (account_id = nullif(current_setting('app.account_id', true), '')::bigint);
CREATE FUNCTION current_account_id() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('app.account_id', true), '')::bigint $$;
CREATE FUNCTION tenant_ok(a bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN IF current_setting('app.account_id', true) IS NULL OR current_setting('app.account_id', true) = '' THEN RETURN false; END IF; RETURN a = current_setting('app.account_id')::bigint; END $$;
CREATE FUNCTION lenient_ok(a bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN IF current_setting('app.account_id', true) IS NULL THEN RETURN true; END IF; RETURN a = current_setting('app.account_id')::bigint; END $$;

-- expect: proved: as a number
CREATE POLICY p ON tasks USING (account_id = current_setting('app.account_id')::bigint);
-- expect: proved: a smaller number type fails for larger keys, and takes none for another
CREATE POLICY p ON tasks USING (account_id = nullif(current_setting('app.account_id', true), '')::int);
-- expect: proved: the column as text
CREATE POLICY p ON tasks USING (account_id::text = current_setting('app.account_id', true));
-- expect: proved: the helper of the gem
CREATE POLICY p ON tasks USING (account_id = (SELECT current_account_id())) WITH CHECK (account_id = (SELECT current_account_id()));
-- expect: proved: IF and RETURN
CREATE POLICY p ON tasks USING (tenant_ok(account_id));
-- expect: proved: the tenant, and states within it
CREATE POLICY p ON tasks USING (account_id = current_account_id() AND state IN ('open', 'done'));
-- expect: proved: visible projects are the account's own, by their policy
CREATE POLICY p ON tasks USING (account_id IN (SELECT p.account_id FROM projects p));
-- expect: proved: the same by EXISTS
CREATE POLICY p ON tasks USING (EXISTS (SELECT 1 FROM projects p WHERE p.id = tasks.project_id AND p.account_id = tasks.account_id));
-- expect: proved: the constraint leaves nothing for the second branch
CREATE POLICY p ON projects FOR SELECT USING (account_id = current_account_id() OR kind = 2);
-- expect: proved: NULL belongs to nobody, which is another matter
CREATE POLICY p ON comments USING (account_id = current_account_id() OR account_id IS NULL);
-- expect: refuted: lenient when unset
CREATE POLICY p ON tasks USING (lenient_ok(account_id));
-- expect: refuted: a project's id does not say whose the task is
CREATE POLICY p ON tasks USING (EXISTS (SELECT 1 FROM projects p WHERE p.id = tasks.project_id));
-- expect: refuted: public projects
CREATE POLICY p ON projects FOR SELECT USING (public);
-- expect: refuted: enums by number
CREATE POLICY p ON projects FOR SELECT USING (account_id = current_account_id() OR kind = 1);
-- expect: refuted: a flag in JSON
CREATE POLICY p ON tasks USING (account_id = current_account_id() OR settings ->> 'visibility' = 'public');
-- expect: refuted: a label
CREATE POLICY p ON tasks USING (account_id = current_account_id() OR 'shared' = ANY (labels));
-- expect: refuted: a date
CREATE POLICY p ON tasks USING (account_id = current_account_id() OR due < CURRENT_DATE);
-- expect: refuted: the system account sees all
CREATE POLICY p ON tasks USING (account_id = current_account_id() OR current_account_id() = 1);
-- expect: refuted: a template account that all read
CREATE POLICY p ON tasks FOR SELECT USING (account_id IN (current_account_id(), 0));
-- expect: refuted: the same by an array
CREATE POLICY p ON tasks FOR SELECT USING (account_id = ANY (ARRAY[current_account_id(), 0::bigint]));
-- expect: refuted: any project is enough
CREATE POLICY p ON tasks USING (EXISTS (SELECT 1 FROM projects p WHERE p.account_id = current_account_id()));
-- expect: refuted: a pattern on the title
CREATE POLICY p ON tasks USING (account_id = current_account_id() OR title LIKE '[public]%');
-- expect: unknown: a list in one setting
CREATE POLICY p ON tasks USING (account_id = ANY (string_to_array(current_setting('app.account_id', true), ',')::bigint[]));
-- expect: proved: BETWEEN the same key
CREATE POLICY p ON tasks USING (account_id BETWEEN current_account_id() AND current_account_id());
