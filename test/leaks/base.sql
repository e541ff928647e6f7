-- A schema in which no tenant reaches another's rows. Tests put another name in place of "public".
CREATE ROLE leak_own NOLOGIN;
CREATE ROLE leak_app LOGIN;
CREATE ROLE leak_ops NOLOGIN BYPASSRLS;

CREATE SCHEMA IF NOT EXISTS public;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO leak_own, leak_app, leak_ops;
SET LOCAL search_path = public;

CREATE FUNCTION cur() RETURNS uuid LANGUAGE sql STABLE
  RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;

CREATE TABLE tenants (id uuid PRIMARY KEY, slug text NOT NULL UNIQUE);
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);

CREATE TABLE parents (
  tenant_id uuid NOT NULL DEFAULT cur() REFERENCES tenants ON DELETE CASCADE,
  id uuid DEFAULT gen_random_uuid(),
  name text,
  email text,
  country text REFERENCES countries,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, email)
);
CREATE TABLE kids (
  tenant_id uuid NOT NULL DEFAULT cur(),
  id uuid DEFAULT gen_random_uuid(),
  parent_id uuid,
  note text,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, parent_id) REFERENCES parents ON DELETE CASCADE
);
CREATE TABLE numbered (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL DEFAULT cur() REFERENCES tenants,
  token uuid UNIQUE DEFAULT gen_random_uuid(),
  label text,
  UNIQUE (tenant_id, label)
);
CREATE TABLE events (
  tenant_id uuid NOT NULL REFERENCES tenants,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, at)
) PARTITION BY RANGE (at);
CREATE TABLE events_now PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2040-01-01');

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE parents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE kids ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE numbered ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY iso ON tenants USING (id = (SELECT cur()));
CREATE POLICY iso ON parents USING (tenant_id = (SELECT cur())) WITH CHECK (tenant_id = (SELECT cur()));
CREATE POLICY iso ON kids USING (tenant_id = (SELECT cur())) WITH CHECK (tenant_id = (SELECT cur()));
CREATE POLICY iso ON numbered USING (tenant_id = cur());
CREATE POLICY iso ON events USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- What an owner whom policies do not bind may do for the application, as long as it asks for the tenant itself.
CREATE FUNCTION parent_count() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp
  AS 'SELECT count(*) FROM parents p JOIN tenants t ON t.id = p.tenant_id WHERE p.tenant_id = cur()';
CREATE FUNCTION log_parent() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'BEGIN INSERT INTO events (tenant_id, at) VALUES (NEW.tenant_id, now()) ON CONFLICT DO NOTHING; RETURN NEW; END';
CREATE TRIGGER log AFTER INSERT ON parents FOR EACH ROW EXECUTE FUNCTION log_parent();
CREATE VIEW parent_names WITH (security_barrier) AS SELECT name FROM parents WHERE tenant_id = cur();

ALTER TABLE tenants OWNER TO leak_own;
ALTER TABLE countries OWNER TO leak_own;
ALTER TABLE parents OWNER TO leak_own;
ALTER TABLE kids OWNER TO leak_own;
ALTER TABLE numbered OWNER TO leak_own;
ALTER TABLE events OWNER TO leak_own;
ALTER TABLE events_now OWNER TO leak_own;
GRANT SELECT ON tenants, countries, parent_names TO leak_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON parents, kids, numbered, events TO leak_app, leak_ops;
