import type pg from 'pg';

export type Row = Record<string, unknown>;

/** Every table that belongs to an organization, parents first. */
export const TENANT_TABLES = [
  'users',
  'posts',
  'likes',
  'user_roles',
  'professionals',
  'students',
  'appointments',
  'credit_balances',
  'credit_transactions',
  'availability_rules',
  'time_slots',
] as const;

export type TenantTable = (typeof TENANT_TABLES)[number];

/** One organization with one row in each table; ids as strings. */
export interface Tenant {
  organization: string;
  ids: Record<TenantTable, string>;
  /** Users beside the parent, who is `ids.users`: one with a profile, one who only has the role. */
  professional: string;
  freshProfessional: string;
  role: string;
}

/** Inserts one row and returns its id. */
export async function insert(client: pg.ClientBase, table: string, row: Row): Promise<string> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')}) RETURNING id`,
    Object.values(row),
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error(`no row was inserted into ${table}`);
  return id;
}

/** Makes an organization with a row in each table; as whoever the client is, with its organization as the tenant. */
export async function createTenant(
  client: pg.ClientBase,
  organization: string,
  slug: string,
  balance = 0,
): Promise<Tenant> {
  await setTenant(client, organization);
  await insert(client, 'organizations', { id: organization, name: slug, slug, subdomain: slug });
  const { rows } = await client.query<{ id: string }>(`SELECT id FROM roles WHERE key = 'parent'`);
  const user = (name: string, role: string) =>
    insert(client, 'users', { ...userRow(organization, `${name}@${slug}.example`), role });
  const tenant: Tenant = {
    organization,
    ids: {} as Tenant['ids'],
    professional: await user('professional', 'professional'),
    freshProfessional: await user('fresh', 'professional'),
    role: rows[0]?.id ?? '',
  };
  tenant.ids.users = await user('parent', 'parent');
  for (const table of TENANT_TABLES.slice(1)) {
    const row = validRow(tenant, table);
    if (table === 'credit_balances') row.balance = balance;
    if (table === 'professionals') row.user_id = tenant.professional;
    tenant.ids[table] = await insert(client, table, row);
  }
  return tenant;
}

/** A further row that the table accepts beside the tenant's first one. */
export function anotherRow(tenant: Tenant, table: TenantTable): Row {
  const row = validRow(tenant, table);
  const other: Partial<Record<TenantTable, Row>> = {
    users: { email: 'another@example.com' },
    likes: { user_id: tenant.professional },
    user_roles: { user_id: tenant.professional },
    credit_balances: { user_id: tenant.professional },
    availability_rules: { day_of_week: 5 },
    time_slots: { starts_at: '2025-09-02T13:00Z', ends_at: '2025-09-02T14:00Z' },
  };
  return { ...row, ...other[table] };
}

/** What the tables accept, given the rows that come before it in the tenant. */
export function validRow(tenant: Tenant, table: TenantTable): Row {
  const { organization, ids } = tenant;
  const rows: Record<TenantTable, Row> = {
    users: userRow(organization, 'somebody@example.com'),
    posts: { user_id: ids.users, content: 'Hello' },
    likes: { user_id: ids.users, post_id: ids.posts },
    user_roles: { user_id: ids.users, role_id: tenant.role },
    professionals: { user_id: tenant.freshProfessional, specialization: 'mathematics' },
    students: { first_name: 'Ana', last_name: 'Paz', primary_contact_id: ids.users },
    appointments: {
      professional_id: tenant.professional,
      student_id: ids.students,
      client_id: ids.users,
      scheduled_at: '2025-09-01T13:00Z',
    },
    credit_balances: { user_id: ids.users },
    credit_transactions: {
      user_id: ids.users,
      credit_balance_id: ids.credit_balances,
      amount: 1,
      transaction_type: 'purchase',
    },
    availability_rules: {
      professional_id: ids.professionals,
      day_of_week: 1,
      start_time: '09:00',
      end_time: '12:00',
    },
    time_slots: {
      professional_id: ids.professionals,
      starts_at: '2025-09-01T13:00Z',
      ends_at: '2025-09-01T14:00Z',
    },
  };
  return { organization_id: organization, ...rows[table] };
}

function userRow(organization: string, email: string): Row {
  return { organization_id: organization, email, first_name: 'Ana', last_name: 'Paz' };
}

/** For the rest of the transaction; '' is what the setting is in a pooled session between transactions. */
export async function setTenant(client: pg.ClientBase, organization: string): Promise<void> {
  await client.query(`SELECT set_config('app.organization_id', $1, true)`, [organization]);
}

/** What the server said no with; the transaction goes on as if nothing had been tried. */
export async function refusal(client: pg.ClientBase, act: () => Promise<unknown>): Promise<pg.DatabaseError> {
  await client.query('SAVEPOINT attempt');
  try {
    await act();
  } catch (error) {
    await client.query('ROLLBACK TO attempt');
    return error as pg.DatabaseError;
  }
  throw new Error('nothing was refused');
}
