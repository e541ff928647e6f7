-- The single-tenant product as it was, third part: restoring, checking that one could, alerting, counting.

-- migrate:up

CREATE TABLE restore_jobs (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  device_id text NOT NULL REFERENCES devices ON DELETE CASCADE,
  manifest_id text NOT NULL REFERENCES backup_manifests ON DELETE NO ACTION,
  user_id text NOT NULL REFERENCES users ON DELETE NO ACTION,
  state text NOT NULL CHECK (state IN ('requested', 'running', 'succeeded', 'failed')),
  requested_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX restore_jobs_store_id_idx ON restore_jobs (store_id);
CREATE INDEX restore_jobs_device_id_idx ON restore_jobs (device_id);
CREATE INDEX restore_jobs_manifest_id_idx ON restore_jobs (manifest_id);
CREATE INDEX restore_jobs_user_id_idx ON restore_jobs (user_id);

CREATE TABLE restore_items (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  restore_job_id text NOT NULL REFERENCES restore_jobs ON DELETE CASCADE,
  entry_id text NOT NULL REFERENCES manifest_entries ON DELETE NO ACTION,
  restored_to text
);
CREATE INDEX restore_items_store_id_idx ON restore_items (store_id);
CREATE INDEX restore_items_restore_job_id_idx ON restore_items (restore_job_id);
CREATE INDEX restore_items_entry_id_idx ON restore_items (entry_id);

CREATE TABLE verification_runs (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  manifest_id text NOT NULL REFERENCES backup_manifests ON DELETE CASCADE,
  verified_at timestamptz NOT NULL DEFAULT now(),
  intact boolean NOT NULL
);
CREATE INDEX verification_runs_store_id_idx ON verification_runs (store_id);
CREATE INDEX verification_runs_manifest_id_idx ON verification_runs (manifest_id);

CREATE TABLE integrity_findings (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  verification_run_id text NOT NULL REFERENCES verification_runs ON DELETE CASCADE,
  object_id text REFERENCES destination_objects ON DELETE NO ACTION,
  problem text NOT NULL
);
CREATE INDEX integrity_findings_store_id_idx ON integrity_findings (store_id);
CREATE INDEX integrity_findings_verification_run_id_idx ON integrity_findings (verification_run_id);
CREATE INDEX integrity_findings_object_id_idx ON integrity_findings (object_id);

CREATE TABLE retention_holds (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  manifest_id text NOT NULL REFERENCES backup_manifests ON DELETE NO ACTION,
  user_id text NOT NULL REFERENCES users ON DELETE NO ACTION,
  reason text NOT NULL
);
CREATE INDEX retention_holds_store_id_idx ON retention_holds (store_id);
CREATE INDEX retention_holds_manifest_id_idx ON retention_holds (manifest_id);
CREATE INDEX retention_holds_user_id_idx ON retention_holds (user_id);

CREATE TABLE alert_rules (
  id text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  condition jsonb NOT NULL
);

CREATE TABLE alerts (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  rule_id text NOT NULL REFERENCES alert_rules ON DELETE CASCADE,
  run_id text REFERENCES backup_runs ON DELETE NO ACTION,
  raised_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alerts_store_id_idx ON alerts (store_id);
CREATE INDEX alerts_rule_id_idx ON alerts (rule_id);
CREATE INDEX alerts_run_id_idx ON alerts (run_id);

CREATE TABLE notification_channels (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('email', 'webhook')),
  address text NOT NULL UNIQUE
);

CREATE TABLE notifications (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  alert_id text NOT NULL REFERENCES alerts ON DELETE CASCADE,
  channel_id text NOT NULL REFERENCES notification_channels ON DELETE CASCADE,
  sent_at timestamptz
);
CREATE INDEX notifications_store_id_idx ON notifications (store_id);
CREATE INDEX notifications_alert_id_idx ON notifications (alert_id);
CREATE INDEX notifications_channel_id_idx ON notifications (channel_id);

CREATE TABLE usage_records (
  id text PRIMARY KEY,
  store_id text NOT NULL REFERENCES stores ON DELETE CASCADE,
  day date NOT NULL,
  stored_bytes bigint NOT NULL CHECK (stored_bytes >= 0),
  UNIQUE (store_id, day)
);

-- migrate:down

DROP TABLE
  usage_records, notifications, notification_channels, alerts, alert_rules, retention_holds, integrity_findings,
  verification_runs, restore_items, restore_jobs;
