import { defineConfig } from 'tenantctl';

// The learning platform: organizations are the tenants, and what a member may do depends on the role.
// Without DATABASE_URL the commands use an embedded server.
export default defineConfig({
  connection: { embedded: true },
  migrations: { directory: 'migrations' },
  seeds: { directory: 'seeds' },
  tenancy: {
    schemas: ['public'],
    root: 'organizations',
    column: 'organization_id',
    // As the application does it for a signed-in member; here an admin, whose role reaches every row of the organization:
    // where a student sees nothing, nobody could tell the role's policies from the organization's floor. No member is
    // known in an organization that is made for the probe, so its id stands for its admin, whom the fixture makes.
    context: {
      sql: [
        `SELECT set_config('app.organization_id', $1, true)`,
        `SELECT set_config('app.member_id', $1, true)`,
        `SELECT set_config('app.member_role', 'admin', true)`,
      ],
    },
    appRole: 'learning_app',
    probe: {
      fixtures: {
        users: `INSERT INTO users (organization_id, id, email, full_name, role)
          VALUES ($1, $1, 'admin@example.com', 'Admin', 'admin')`,
      },
    },
  },
});
