/** A table with what it refers to, by text id and, from phase 2 on, by uuid. */
export interface Table {
  name: string;
  references: readonly Reference[];
}

export interface Reference {
  /** Text id. */
  column: string;
  uuid: string;
  target: string;
  nullable: boolean;
  /** What becomes of the row when the one it refers to is deleted. */
  onDelete: 'CASCADE' | 'NO ACTION';
}

function to(target: string, name: string, onDelete: Reference['onDelete'], nullable = false): Reference {
  return { column: `${name}_id`, uuid: `${name}_uuid`, target, nullable, onDelete };
}

/** Money, and what others answer for, is kept: whoever has it cannot be deleted. */
const KEPT = 'NO ACTION';
const GONE = 'CASCADE';

const CLINIC = to('clinics', 'clinic', GONE);

const ofClinic = (name: string, ...references: Reference[]): Table => ({
  ...{ name, references: [CLINIC, ...references] },
});

/** All but clinics, parents first. */
export const TABLES: readonly Table[] = [
  ofClinic('users'),
  ofClinic('providers', to('users', 'user', KEPT, true)),
  ofClinic('patients', to('providers', 'provider', KEPT, true)),
  ofClinic('appointments', to('patients', 'patient', KEPT), to('providers', 'provider', KEPT)),
  ofClinic('user_clinic_roles', to('users', 'user', GONE)),
  ofClinic('goal_templates'),
  ofClinic(
    'financial_metrics',
    to('providers', 'provider', KEPT, true),
    to('appointments', 'appointment', KEPT, true),
  ),
  ofClinic('appointment_metrics', to('providers', 'provider', KEPT), to('appointments', 'appointment', GONE)),
  ofClinic('call_metrics', to('users', 'user', KEPT)),
  ofClinic('patient_metrics', to('patients', 'patient', GONE), to('providers', 'provider', KEPT, true)),
  ofClinic('metric_aggregations'),
  ofClinic('google_credentials', to('users', 'user', GONE)),
  ofClinic('spreadsheet_connections', to('google_credentials', 'credential', KEPT)),
  ofClinic('column_mappings_v2', to('spreadsheet_connections', 'connection', GONE)),
];

/** What others refer to, with the table that maps its text ids to uuids. */
export const MAPS: Readonly<Record<string, string>> = {
  clinics: 'clinic_id_map',
  users: 'user_id_map',
  providers: 'provider_id_map',
  patients: 'patient_id_map',
  appointments: 'appointment_id_map',
  google_credentials: 'credential_id_map',
  spreadsheet_connections: 'connection_id_map',
};

export function mapOf(entity: string): string {
  const map = MAPS[entity];
  if (map === undefined) throw new Error(`nothing refers to ${entity}`);
  return map;
}

/** The columns of a referring row, and of the row it refers to: both ids, and the clinic of both. */
export function pairing({ column, uuid, target }: Reference): { columns: string; references: string } {
  if (target === 'clinics') return { columns: `${column}, ${uuid}`, references: 'clinics (id, uuid)' };
  return { columns: `clinic_id, ${column}, ${uuid}`, references: `${target} (clinic_id, id, uuid)` };
}
