/**
 * What is carried over, as SQL with `:clinic` for the clinic. `before` and `after` give one text `line` per row: what the
 * source says, and what the moved rows say once their uuids are mapped back, so that a wrong id shows as well.
 */
export interface Move {
  name: string;
  target: string;
  insert: string;
  before: string;
  after: string;
}

const ROLES = `CASE u.role WHEN 'owner' THEN 'clinic_admin' WHEN 'dentist' THEN 'provider'
  WHEN 'front_desk' THEN 'staff' ELSE 'viewer' END`;

/** The text id that a uuid of the moved row stands for. */
function mapped(map: string, uuid: string): string {
  return `(SELECT m.id FROM ${map} m WHERE m.clinic_id = t.clinic_id AND m.uuid = ${uuid})`;
}

/** One amount of an appointment becomes one financial metric. */
function amount(kind: 'production' | 'collection', column: string): Move {
  return {
    name: `${kind} of appointments`,
    target: 'financial_metrics',
    insert: `
      INSERT INTO financial_metrics
        (clinic_id, id, provider_uuid, appointment_uuid, day, kind, amount, source)
      SELECT a.clinic_id, a.uuid || '-${kind}', a.provider_uuid, a.uuid, (a.starts_at AT TIME ZONE c.timezone)::date,
        '${kind}', a.${column}, 'migration'
      FROM appointments a JOIN clinics c ON c.id = a.clinic_id
      WHERE a.clinic_id = :clinic AND a.${column} IS NOT NULL`,
    before: `
      SELECT concat_ws('|', a.id, a.provider_id, (a.starts_at AT TIME ZONE c.timezone)::date, a.${column}) AS line
      FROM appointments a JOIN clinics c ON c.id = a.clinic_id
      WHERE a.clinic_id = :clinic AND a.${column} IS NOT NULL`,
    after: `
      SELECT concat_ws('|', ${mapped('appointment_id_map', 't.appointment_uuid')},
        ${mapped('provider_id_map', 't.provider_uuid')}, t.day, t.amount) AS line
      FROM financial_metrics t WHERE t.clinic_id = :clinic AND t.kind = '${kind}' AND t.source = 'migration'`,
  };
}

export const MOVES: readonly Move[] = [
  {
    name: 'roles of users',
    target: 'user_clinic_roles',
    insert: `
      INSERT INTO user_clinic_roles (clinic_id, id, user_uuid, role, source)
      SELECT u.clinic_id, u.uuid::text, u.uuid, ${ROLES}, 'migration' FROM users u WHERE u.clinic_id = :clinic`,
    before: `SELECT concat_ws('|', u.id, ${ROLES}) AS line FROM users u WHERE u.clinic_id = :clinic`,
    after: `
      SELECT concat_ws('|', ${mapped('user_id_map', 't.user_uuid')}, t.role) AS line
      FROM user_clinic_roles t WHERE t.clinic_id = :clinic AND t.source = 'migration'`,
  },
  {
    name: 'appointments',
    target: 'appointment_metrics',
    insert: `
      INSERT INTO appointment_metrics
        (clinic_id, id, provider_uuid, appointment_uuid, day, state, minutes, production_amount, source)
      SELECT a.clinic_id, a.uuid::text, a.provider_uuid, a.uuid, (a.starts_at AT TIME ZONE c.timezone)::date, a.state,
        a.minutes, a.production_amount, 'migration'
      FROM appointments a JOIN clinics c ON c.id = a.clinic_id WHERE a.clinic_id = :clinic`,
    before: `
      SELECT concat_ws('|', a.id, a.provider_id, (a.starts_at AT TIME ZONE c.timezone)::date, a.state, a.minutes,
        a.production_amount) AS line
      FROM appointments a JOIN clinics c ON c.id = a.clinic_id WHERE a.clinic_id = :clinic`,
    after: `
      SELECT concat_ws('|', ${mapped('appointment_id_map', 't.appointment_uuid')},
        ${mapped('provider_id_map', 't.provider_uuid')}, t.day, t.state, t.minutes, t.production_amount) AS line
      FROM appointment_metrics t WHERE t.clinic_id = :clinic AND t.source = 'migration'`,
  },
  amount('production', 'production_amount'),
  amount('collection', 'collected_amount'),
  {
    name: 'registrations of patients',
    target: 'patient_metrics',
    insert: `
      INSERT INTO patient_metrics (clinic_id, id, patient_uuid, provider_uuid, day, kind, source)
      SELECT p.clinic_id, p.uuid::text, p.uuid, p.provider_uuid, p.registered_on, 'registered', 'migration'
      FROM patients p WHERE p.clinic_id = :clinic`,
    before: `
      SELECT concat_ws('|', p.id, coalesce(p.provider_id, '-'), p.registered_on) AS line
      FROM patients p WHERE p.clinic_id = :clinic`,
    after: `
      SELECT concat_ws('|', ${mapped('patient_id_map', 't.patient_uuid')},
        coalesce(${mapped('provider_id_map', 't.provider_uuid')}, '-'), t.day) AS line
      FROM patient_metrics t WHERE t.clinic_id = :clinic AND t.source = 'migration'`,
  },
  {
    name: 'production by month',
    target: 'metric_aggregations',
    insert: `
      INSERT INTO metric_aggregations (clinic_id, metric, period, period_start, value, rows, source)
      SELECT t.clinic_id, 'production', 'month', date_trunc('month', t.day)::date, sum(t.amount), count(*), 'migration'
      FROM financial_metrics t
      WHERE t.clinic_id = :clinic AND t.kind = 'production' AND t.source = 'migration'
      GROUP BY t.clinic_id, date_trunc('month', t.day)`,
    // Summed up from the appointments themselves: a sum of what was just moved would agree with any fault in it.
    before: `
      SELECT concat_ws('|', date_trunc('month', a.starts_at AT TIME ZONE c.timezone)::date, sum(a.production_amount),
        count(*)) AS line
      FROM appointments a JOIN clinics c ON c.id = a.clinic_id
      WHERE a.clinic_id = :clinic AND a.production_amount IS NOT NULL
      GROUP BY date_trunc('month', a.starts_at AT TIME ZONE c.timezone)`,
    after: `
      SELECT concat_ws('|', t.period_start, t.value, t.rows) AS line
      FROM metric_aggregations t WHERE t.clinic_id = :clinic AND t.source = 'migration'`,
  },
];
