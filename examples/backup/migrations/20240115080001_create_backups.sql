-- The single-tenant product as it was, second part: what is backed up when, by which rules, and where it lies.

-- migrate:up

CREATE TABLE destinations (
  id text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('s3', 'sftp', 'disk')),
  endpoint text NOT NULL
);

CREATE TABLE destination_credentials (
  id text PRIMARY KEY,
  destination_id text NOT NULL REFERENCES destinations ON DELETE CASCADE,
  access_key_id text NOT NULL,
  secret_reference text NOT NULL
);
CREATE INDEX destination_credentials_destination_id_idx ON destination_credentials (destination_id);

CREATE TABLE encryption_keys (
  id text PRIMARY KEY,
  fingerprint text NOT NULL UNIQUE,
  retired_at timestamptz
);

CREATE TABLE retention_rules (
  id text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  keep_daily integer NOT NULL CHECK (keep_daily >= 0),
  keep_monthly integer NOT NULL CHECK (keep_monthly >= 0)
);

CREATE TABLE backup_policies (
  id text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  destination_id text NOT NULL REFERENCES destinations ON DELETE NO ACTION,
  retention_rule_id text NOT NULL REFERENCES retention_rules ON DELETE NO ACTION,
  encryption_key_id text REFERENCES encryption_keys ON DELETE NO ACTION
);
CREATE INDEX backup_policies_destination_id_idx ON backup_policies (destination_id);
CREATE INDEX backup_policies_retention_rule_id_idx ON backup_policies (retention_rule_id);
CREATE INDEX backup_policies_encryption_key_id_idx ON backup_policies (encryption_key_id);

CREATE TABLE backup_schedules (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  policy_id text NOT NULL REFERENCES backup_policies ON DELETE NO ACTION,
  cron text NOT NULL,
  enabled boolean NOT NULL DEFAULT true
);
CREATE INDEX backup_schedules_store_id_idx ON backup_schedules (store_id);
CREATE INDEX backup_schedules_policy_id_idx ON backup_schedules (policy_id);

CREATE TABLE backup_jobs (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  device_id text NOT NULL REFERENCES devices ON DELETE CASCADE,
  policy_id text NOT NULL REFERENCES backup_policies ON DELETE NO ACTION,
  schedule_id text REFERENCES backup_schedules ON DELETE NO ACTION,
  name text NOT NULL
);
CREATE INDEX backup_jobs_store_id_idx ON backup_jobs (store_id);
CREATE INDEX backup_jobs_device_id_idx ON backup_jobs (device_id);
CREATE INDEX backup_jobs_policy_id_idx ON backup_jobs (policy_id);
CREATE INDEX backup_jobs_schedule_id_idx ON backup_jobs (schedule_id);

CREATE TABLE backup_runs (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  job_id text NOT NULL REFERENCES backup_jobs ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE INDEX backup_runs_store_id_idx ON backup_runs (store_id);
CREATE INDEX backup_runs_job_id_idx ON backup_runs (job_id);

CREATE TABLE backup_errors (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  run_id text NOT NULL REFERENCES backup_runs ON DELETE CASCADE,
  path text NOT NULL,
  message text NOT NULL
);
CREATE INDEX backup_errors_store_id_idx ON backup_errors (store_id);
CREATE INDEX backup_errors_run_id_idx ON backup_errors (run_id);

CREATE TABLE backup_manifests (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  run_id text NOT NULL UNIQUE REFERENCES backup_runs ON DELETE CASCADE,
  files integer NOT NULL CHECK (files >= 0),
  size_bytes bigint NOT NULL CHECK (size_bytes >= 0)
);
CREATE INDEX backup_manifests_store_id_idx ON backup_manifests (store_id);

CREATE TABLE manifest_entries (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  manifest_id text NOT NULL REFERENCES backup_manifests ON DELETE CASCADE,
  path text NOT NULL,
  size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
  sha256 text NOT NULL,
  UNIQUE (manifest_id, path)
);
CREATE INDEX manifest_entries_store_id_idx ON manifest_entries (store_id);

CREATE TABLE destination_objects (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  manifest_id text NOT NULL REFERENCES backup_manifests ON DELETE CASCADE,
  destination_id text NOT NULL REFERENCES destinations ON DELETE NO ACTION,
  object_key text NOT NULL,
  UNIQUE (destination_id, object_key)
);
CREATE INDEX destination_objects_store_id_idx ON destination_objects (store_id);
CREATE INDEX destination_objects_manifest_id_idx ON destination_objects (manifest_id);

-- migrate:down

DROP TABLE
  destination_objects, manifest_entries, backup_manifests, backup_errors, backup_runs, backup_jobs, backup_schedules,
  backup_policies, retention_rules, encryption_keys, destination_credentials, destinations;
