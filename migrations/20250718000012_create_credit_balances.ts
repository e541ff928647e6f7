import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
// tenantctl:allow fk-crosses-tenants: 20250718000016a gives the references the organization
/** What a user has paid for and not yet used, in whole credits. Money: a user with a balance cannot be deleted. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE credit_balances (
      id bigint GENERATED ALWAYS AS IDENTITY,
      organization_id uuid NOT NULL
        CONSTRAINT credit_balances_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      user_id bigint NOT NULL
        CONSTRAINT credit_balances_user_id_fkey REFERENCES users (id) ON DELETE NO ACTION,
      balance integer NOT NULL DEFAULT 0
        CONSTRAINT credit_balances_balance_check CHECK (balance >= 0),
      lifetime_purchased integer NOT NULL DEFAULT 0
        CONSTRAINT credit_balances_lifetime_purchased_check CHECK (lifetime_purchased >= 0),
      lifetime_used integer NOT NULL DEFAULT 0
        CONSTRAINT credit_balances_lifetime_used_check CHECK (lifetime_used >= 0),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, user_id)
    )`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE credit_balances');
}
