/** A table of the product, as far as tenants change its keys. */
export interface Table {
  name: string;
  /** Whether its rows belong to a store, which store_id then names. */
  ofStore: boolean;
  /** Columns of its unique constraints. */
  unique: readonly (readonly string[])[];
  references: readonly Reference[];
}

export interface Reference {
  column: string;
  target: string;
  onDelete: 'CASCADE' | 'NO ACTION';
}

/** With the row that it refers to the row goes as well. */
const below = (column: string, target: string): Reference => ({ column, target, onDelete: 'CASCADE' });
/** What is referred to cannot be deleted. */
const uses = (column: string, target: string): Reference => ({ column, target, onDelete: 'NO ACTION' });

const ofTenant = (name: string, references: readonly Reference[], ...unique: string[][]): Table => ({
  ...{ name, ofStore: false, references, unique },
});
const ofStore = (name: string, references: readonly Reference[], ...unique: string[][]): Table => ({
  ...{ name, ofStore: true, references: [below('store_id', 'stores'), ...references], unique },
});

/** All 32, parents first. */
export const TABLES: readonly Table[] = [
  ofTenant('stores', [], ['code']),
  ofTenant('users', [], ['email']),
  ofTenant('user_sessions', [below('user_id', 'users')], ['token_sha256']),
  ofTenant('api_keys', [below('user_id', 'users')], ['key_sha256']),
  ofTenant('settings', [], ['name']),
  ofTenant('destinations', [], ['name']),
  ofTenant('destination_credentials', [below('destination_id', 'destinations')]),
  ofTenant('encryption_keys', [], ['fingerprint']),
  ofTenant('retention_rules', [], ['name']),
  ofTenant('alert_rules', [], ['name']),
  ofTenant('notification_channels', [], ['address']),
  ofTenant(
    'backup_policies',
    [
      uses('destination_id', 'destinations'),
      uses('retention_rule_id', 'retention_rules'),
      uses('encryption_key_id', 'encryption_keys'),
    ],
    ['name'],
  ),
  ofStore('devices', [], ['store_id', 'hostname']),
  ofStore('device_agents', [below('device_id', 'devices')]),
  ofStore('device_volumes', [below('device_id', 'devices')], ['device_id', 'mount_point']),
  ofStore('maintenance_windows', []),
  ofStore('audit_events', [uses('user_id', 'users')]),
  ofStore('usage_records', [], ['store_id', 'day']),
  ofStore('backup_schedules', [uses('policy_id', 'backup_policies')]),
  ofStore('backup_jobs', [
    below('device_id', 'devices'),
    uses('policy_id', 'backup_policies'),
    uses('schedule_id', 'backup_schedules'),
  ]),
  ofStore('backup_runs', [below('job_id', 'backup_jobs')]),
  ofStore('backup_errors', [below('run_id', 'backup_runs')]),
  ofStore('backup_manifests', [below('run_id', 'backup_runs')], ['run_id']),
  ofStore('manifest_entries', [below('manifest_id', 'backup_manifests')], ['manifest_id', 'path']),
  ofStore(
    'destination_objects',
    [below('manifest_id', 'backup_manifests'), uses('destination_id', 'destinations')],
    ['destination_id', 'object_key'],
  ),
  ofStore('restore_jobs', [
    below('device_id', 'devices'),
    uses('manifest_id', 'backup_manifests'),
    uses('user_id', 'users'),
  ]),
  ofStore('restore_items', [below('restore_job_id', 'restore_jobs'), uses('entry_id', 'manifest_entries')]),
  ofStore('verification_runs', [below('manifest_id', 'backup_manifests')]),
  ofStore('integrity_findings', [
    below('verification_run_id', 'verification_runs'),
    uses('object_id', 'destination_objects'),
  ]),
  ofStore('retention_holds', [uses('manifest_id', 'backup_manifests'), uses('user_id', 'users')]),
  ofStore('alerts', [below('rule_id', 'alert_rules'), uses('run_id', 'backup_runs')]),
  ofStore('notifications', [below('alert_id', 'alerts'), below('channel_id', 'notification_channels')]),
];

export function tableNamed(name: string): Table {
  const table = TABLES.find((candidate) => candidate.name === name);
  if (!table) throw new Error(`there is no table ${name}`);
  return table;
}
