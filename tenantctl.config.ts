import { defineConfig } from 'tenantctl';

// The booking platform: organizations are the tenants. Without DATABASE_URL the commands use the embedded server.
export default defineConfig({
  connection: { embedded: true },
  migrations: { directory: 'migrations' },
  seeds: { directory: 'seeds' },
  tenancy: {
    schemas: ['public'],
    root: 'organizations',
    column: 'organization_id',
    context: { setting: 'app.organization_id' },
    appRole: 'booking_app',
    appGroup: 'booking_app_access',
    shared: { roles: 'reference data: the names of the roles a user can have' },
    checks: 'checks',
  },
});
