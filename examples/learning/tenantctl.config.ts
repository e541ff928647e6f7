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
    // As the application does it for a signed-in member. No member is known in an organization that is made for the
    // probe, so its id stands for the member, whom the fixture makes. The admin comes first, whose role reaches every row of
    // the organization: the rows are made as one, and then each role tries to reach those of another organization.
    context: {
      sql: [
        `SELECT set_config('app.organization_id', $1, true)`,
        `SELECT set_config('app.member_id', $1, true)`,
      ],
      variants: {
        admin: [`SELECT set_config('app.member_role', 'admin', true)`],
        teacher: [`SELECT set_config('app.member_role', 'teacher', true)`],
        student: [`SELECT set_config('app.member_role', 'student', true)`],
      },
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
