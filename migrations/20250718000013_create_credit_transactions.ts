import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
// tenantctl:allow fk-crosses-tenants: 20250718000016a gives the references the organization
/**
 * The journal behind the balances. Nothing that it refers to can be deleted, save with the whole organization. Purchases
 * and refunds add, debits take away; a transaction is decided once.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE credit_transactions (
      id bigint GENERATED ALWAYS AS IDENTITY,
      organization_id uuid NOT NULL
        CONSTRAINT credit_transactions_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      user_id bigint NOT NULL
        CONSTRAINT credit_transactions_user_id_fkey REFERENCES users (id) ON DELETE NO ACTION,
      credit_balance_id bigint NOT NULL,
      appointment_id bigint,
      amount integer NOT NULL
        CONSTRAINT credit_transactions_amount_check CHECK (amount <> 0),
      transaction_type text NOT NULL
        CONSTRAINT credit_transactions_transaction_type_check
          CHECK (transaction_type IN ('purchase', 'cancellation_refund', 'appointment_debit')),
      status text NOT NULL DEFAULT 'pending'
        CONSTRAINT credit_transactions_status_check CHECK (status IN ('pending', 'completed', 'failed')),
      metadata jsonb NOT NULL DEFAULT '{}',
      payment_method text,
      payment_reference text,
      processed_at timestamptz
        CONSTRAINT credit_transactions_processed_at_check CHECK (processed_at IS NULL OR status <> 'pending'),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      CONSTRAINT credit_transactions_sign_check CHECK ((transaction_type = 'appointment_debit') = (amount < 0)),
      CONSTRAINT credit_transactions_credit_balance_id_fkey FOREIGN KEY (organization_id, credit_balance_id)
        REFERENCES credit_balances (organization_id, id) ON DELETE NO ACTION,
      CONSTRAINT credit_transactions_appointment_id_fkey FOREIGN KEY (organization_id, appointment_id)
        REFERENCES appointments (organization_id, id) ON DELETE NO ACTION
    )`);
  await knex.raw(
    'CREATE INDEX credit_transactions_user_idx ON credit_transactions (organization_id, user_id, created_at)',
  );
  await knex.raw(
    'CREATE INDEX credit_transactions_status_idx ON credit_transactions (organization_id, status)',
  );
  await knex.raw(
    'CREATE INDEX credit_transactions_balance_idx ON credit_transactions (organization_id, credit_balance_id)',
  );
  await knex.raw(
    'CREATE INDEX credit_transactions_appointment_idx ON credit_transactions (organization_id, appointment_id)',
  );
  await knex.raw(`
    CREATE TRIGGER credit_transactions_status AFTER UPDATE ON credit_transactions FOR EACH ROW
      WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN
        (('pending', 'completed'), ('pending', 'failed')))
      EXECUTE FUNCTION refuse_transition('status')`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE credit_transactions');
}
