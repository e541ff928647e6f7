-- The single-tenant product as it was, first part: who works where, on which machines. One business, several stores;
-- ids are text and made by the application. Nothing here knows of tenants.

-- migrate:up

CREATE TABLE stores (
  id text PRIMARY KEY,
  code text NOT NULL UNIQUE,
  name text NOT NULL,
  timezone text NOT NULL DEFAULT 'UTC',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
  id text PRIMARY KEY,
  email text NOT NULL UNIQUE,
  full_name text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'operator', 'viewer')),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE user_sessions (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  token_sha256 text NOT NULL UNIQUE,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX user_sessions_user_id_idx ON user_sessions (user_id);

CREATE TABLE api_keys (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  name text NOT NULL,
  key_sha256 text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_keys_user_id_idx ON api_keys (user_id);

CREATE TABLE settings (
  id text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE devices (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  hostname text NOT NULL,
  platform text NOT NULL CHECK (platform IN ('windows', 'linux', 'macos')),
  last_seen_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (store_id, hostname)
);

CREATE TABLE device_agents (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  device_id text NOT NULL REFERENCES devices ON DELETE CASCADE,
  version text NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX device_agents_store_id_idx ON device_agents (store_id);
CREATE INDEX device_agents_device_id_idx ON device_agents (device_id);

CREATE TABLE device_volumes (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  device_id text NOT NULL REFERENCES devices ON DELETE CASCADE,
  mount_point text NOT NULL,
  size_bytes bigint NOT NULL CHECK (size_bytes > 0),
  UNIQUE (device_id, mount_point)
);
CREATE INDEX device_volumes_store_id_idx ON device_volumes (store_id);

CREATE TABLE maintenance_windows (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  CHECK (starts_at < ends_at)
);
CREATE INDEX maintenance_windows_store_id_idx ON maintenance_windows (store_id);

CREATE TABLE audit_events (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  user_id text REFERENCES users ON DELETE NO ACTION,
  action text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  occurred_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_events_store_id_idx ON audit_events (store_id);
CREATE INDEX audit_events_user_id_idx ON audit_events (user_id);

-- migrate:down

DROP TABLE
  audit_events, maintenance_windows, device_volumes, device_agents, devices, settings, api_keys, user_sessions, users,
  stores;
