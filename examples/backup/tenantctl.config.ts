import { defineConfig } from 'tenantctl';

// The backup service: tenants are businesses, and below each of them are its stores.
// Without DATABASE_URL the commands use an embedded server.
export default defineConfig({
  connection: { embedded: true },
  migrations: { directory: 'migrations' },
  seeds: { directory: 'seeds' },
  tenancy: {
    schemas: ['public'],
    root: 'tenants',
    column: 'tenant_id',
    // The second level has to be said, too: one store, or '*' for a login of the head office.
    context: {
      sql: [`SELECT set_config('app.tenant_id', $1, true)`, `SELECT set_config('app.store_id', '*', true)`],
    },
    appRole: 'backup_app',
    appGroup: 'backup_app_access',
    checks: 'checks',
  },
});
