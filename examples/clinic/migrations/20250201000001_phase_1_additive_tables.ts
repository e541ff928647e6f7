import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: phase 3 isolates it, before any grant
// tenantctl:allow table-without-policy: phase 3 isolates it, before any grant
/** Of every table in this phase; ids are text, as in the tables that exist, and made here unless they are given. */
const IDENTITY = `
  clinic_id text NOT NULL,
  id text NOT NULL DEFAULT gen_random_uuid()::text,
  PRIMARY KEY (clinic_id, id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()`;

/** Where a figure comes from: phase 4 takes back what it brought, and nothing that people entered. */
const SOURCE = `source text NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'spreadsheet', 'migration'))`;

const TABLES: Readonly<Record<string, { columns: string; indexes: readonly string[] }>> = {
  user_clinic_roles: {
    columns: `
      user_id text NOT NULL,
      role text NOT NULL CHECK (role IN ('clinic_admin', 'provider', 'staff', 'viewer')),
      active boolean NOT NULL DEFAULT true,
      ${SOURCE},
      UNIQUE (clinic_id, user_id, role)`,
    indexes: [],
  },
  goal_templates: {
    columns: `
      name text NOT NULL,
      metric text NOT NULL,
      period text NOT NULL CHECK (period IN ('day', 'week', 'month', 'quarter', 'year')),
      target numeric(14, 2) NOT NULL,
      settings jsonb NOT NULL DEFAULT '{}',
      UNIQUE (clinic_id, name)`,
    indexes: [],
  },
  financial_metrics: {
    columns: `
      provider_id text,
      appointment_id text,
      day date NOT NULL,
      kind text NOT NULL CHECK (kind IN ('production', 'collection', 'adjustment')),
      amount numeric(12, 2) NOT NULL,
      currency text NOT NULL DEFAULT 'USD' CHECK (length(currency) = 3),
      ${SOURCE}`,
    indexes: ['day', 'provider_id', 'appointment_id'],
  },
  appointment_metrics: {
    columns: `
      provider_id text NOT NULL,
      appointment_id text NOT NULL,
      day date NOT NULL,
      state text NOT NULL CHECK (state IN ('scheduled', 'completed', 'cancelled', 'no_show')),
      minutes integer NOT NULL CHECK (minutes > 0),
      production_amount numeric(12, 2),
      ${SOURCE},
      UNIQUE (clinic_id, appointment_id)`,
    indexes: ['day', 'provider_id'],
  },
  call_metrics: {
    columns: `
      user_id text NOT NULL,
      day date NOT NULL,
      dialed integer NOT NULL CHECK (dialed >= 0),
      connected integer NOT NULL CHECK (connected BETWEEN 0 AND dialed),
      ${SOURCE},
      UNIQUE (clinic_id, user_id, day)`,
    indexes: ['day'],
  },
  patient_metrics: {
    columns: `
      patient_id text NOT NULL,
      provider_id text,
      day date NOT NULL,
      kind text NOT NULL CHECK (kind IN ('registered', 'returned', 'left')),
      ${SOURCE},
      UNIQUE (clinic_id, patient_id, day, kind)`,
    indexes: ['day', 'provider_id'],
  },
  metric_aggregations: {
    columns: `
      metric text NOT NULL,
      period text NOT NULL CHECK (period IN ('day', 'week', 'month', 'quarter', 'year')),
      period_start date NOT NULL,
      value numeric(14, 2) NOT NULL,
      rows integer NOT NULL CHECK (rows > 0),
      metadata jsonb NOT NULL DEFAULT '{}',
      ${SOURCE},
      UNIQUE (clinic_id, metric, period, period_start)`,
    indexes: [],
  },
  google_credentials: {
    columns: `
      user_id text NOT NULL,
      access_token_encrypted bytea NOT NULL,
      refresh_token_encrypted bytea NOT NULL,
      expires_at timestamptz NOT NULL,
      scopes text[] NOT NULL DEFAULT '{}',
      UNIQUE (clinic_id, user_id)`,
    indexes: [],
  },
  spreadsheet_connections: {
    columns: `
      credential_id text NOT NULL,
      spreadsheet text NOT NULL,
      sheet text NOT NULL,
      synced_at timestamptz,
      UNIQUE (clinic_id, spreadsheet, sheet)`,
    indexes: ['credential_id'],
  },
  column_mappings_v2: {
    columns: `
      connection_id text NOT NULL,
      version integer NOT NULL DEFAULT 1 CHECK (version > 0),
      mapping jsonb NOT NULL CHECK (jsonb_typeof(mapping) = 'object'),
      UNIQUE (clinic_id, connection_id, version)`,
    indexes: [],
  },
};

/**
 * Phase 1: ten tables beside those that exist, which it does not touch, not even by a foreign key: that would take a lock
 * on them, and refuse deletions that the application of before relies on. Stop here, and nothing has changed for anybody.
 *
 * Every phase is one file and one transaction: it is done or it is not, also after a crash.
 */
export async function up(knex: Knex): Promise<void> {
  for (const [table, { columns, indexes }] of Object.entries(TABLES)) {
    await knex.raw(`CREATE TABLE ${table} (${IDENTITY}, ${columns})`);
    for (const column of indexes) {
      await knex.raw(`CREATE INDEX ${table}_${column}_idx ON ${table} (clinic_id, ${column})`);
    }
  }
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`DROP TABLE ${Object.keys(TABLES).join(', ')}`);
}
