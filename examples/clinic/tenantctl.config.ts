import { defineConfig } from 'tenantctl';

// Clinic metrics: clinics are the tenants, known by a text id and, since phase 2, by a uuid as well.
// Without DATABASE_URL the commands use an embedded server.
export default defineConfig({
  connection: { embedded: true },
  migrations: { directory: 'migrations' },
  seeds: { directory: 'seeds' },
  tenancy: {
    schemas: ['public'],
    root: 'clinics',
    column: 'clinic_id',
    context: { setting: 'app.clinic_id' },
    appRole: 'clinic_app',
    checks: 'checks',
  },
});
