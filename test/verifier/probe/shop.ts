import { onTestFinished } from 'vitest';
import { readCatalog } from '../../../src/catalog/read.js';
import { quoteIdent } from '../../../src/identifiers.js';
import { withTransaction } from '../../../src/postgres/transaction.js';
import { classify } from '../../../src/tenancy/classify.js';
import type { TenancyConfig } from '../../../src/tenancy/config.js';
import { type ProbeResult, probe } from '../../../src/verifier/probe/probe.js';
import { crossingFindings } from '../../../src/verifier/probe/proof/findings.js';
import type { Proof, RelationProbe } from '../../../src/verifier/probe/proof/proof.js';
import { openCommittedRows } from '../../../src/verifier/probe/world/committed.js';
import { judgeRelation } from '../../../src/verifier/verdict.js';
import { databaseAt } from '../../support/connect.js';
import {
  createLogin,
  createTestDatabase,
  type TestDatabase,
  type TestLogin,
} from '../../support/database.js';

/** The context's tenant, or NULL. */
export const CURRENT = `(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)`;

/** Policies, FORCE and grants of a healthy table of tenants; :app stands for the login. */
export function isolate(table: string, column = 'tenant_id'): string {
  return `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY iso ON ${table} USING (${column} = ${CURRENT}) WITH CHECK (${column} = ${CURRENT});
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO :app;`;
}

/** Owned by a role that nobody is; healthy in every respect. */
const SHOP = `
    CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
    CREATE TABLE countries (code char(2) PRIMARY KEY);
    INSERT INTO countries VALUES ('AR');
    CREATE TABLE parents (
      tenant_id uuid NOT NULL REFERENCES tenants, id uuid NOT NULL DEFAULT gen_random_uuid(), name text, email text,
      country char(2) REFERENCES countries, PRIMARY KEY (tenant_id, id));
    CREATE TABLE kids (
      tenant_id uuid NOT NULL REFERENCES tenants, id uuid NOT NULL DEFAULT gen_random_uuid(),
      parent_id uuid NOT NULL, note text, PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, parent_id) REFERENCES parents);
    ${isolate('parents')} ${isolate('kids')} ${isolate('tenants', 'id')}
    REVOKE DELETE ON tenants FROM :app;
    GRANT SELECT ON countries TO :app;`;

export const TENANCY: TenancyConfig = {
  schemas: ['public'],
  root: { schema: 'public', name: 'tenants' },
  columns: ['tenant_id'],
  columnOverrides: [],
  context: { setting: 'app.tenant_id' },
  appRole: undefined,
  shared: [{ relation: { schema: 'public', name: 'countries' }, reason: 'the same for everyone' }],
  isolation: 'rls',
  checksDirectory: undefined,
  waivers: [],
  fixtures: [],
};

export interface Shop {
  db: TestDatabase;
  login: TestLogin;
  /** SQL as superuser; :app stands for the login's name. */
  plant(sql: string): Promise<void>;
  /** Probes alone, without the audit. */
  probe(changes?: Partial<TenancyConfig>, limits?: Limits): Promise<Probed>;
}

export interface Limits {
  readOnly?: boolean;
  /** Relations by name. */
  exclude?: string[];
  excludeFunctions?: string[];
}

export interface Probed {
  result: ProbeResult;
  /** 'probe-select-crosses kids', sorted. */
  found: string[];
  relation(name: string): RelationProbe;
  /** Those that went through, or gave no answer. */
  notDenied(name: string): Proof[];
  /** Relation → verdict, for those that are not isolated. */
  verdicts: Record<string, string>;
}

/** A healthy database of two levels with a login of its own, dropped after the test. */
export async function openShop(): Promise<Shop> {
  const db = await createTestDatabase();
  onTestFinished(() => db.drop());
  const login = await createLogin(db, 'app');
  const plant = async (sql: string) => void (await db.query(sql.replaceAll(':app', quoteIdent(login.role))));
  await plant(SHOP);
  return {
    ...{ db, login, plant },
    probe: (changes, limits) => probeShop(db, login, changes, limits),
  };
}

async function probeShop(
  db: TestDatabase,
  login: TestLogin,
  changes: Partial<TenancyConfig> = {},
  { readOnly = false, exclude = [], excludeFunctions = [] }: Limits = {},
): Promise<Probed> {
  const [auditor, app] = [await databaseAt(db.url), await databaseAt(login.url)];
  const { model, result } = await auditor.connect(async (client) => {
    const snapshot = await withTransaction(client, 'repeatable read, read only', () => readCatalog(client));
    const tenancy = classify(snapshot, { ...TENANCY, appRole: login.role, ...changes });
    const committed = await openCommittedRows(client, tenancy);
    const { connect } = app;
    const left = snapshot.relations.filter(({ name }) => exclude.includes(name));
    const limits = {
      readOnly,
      excluded: new Set(left.map(({ oid }) => oid)),
      excludedFunctions: new Set(
        snapshot.functions.filter(({ name }) => excludeFunctions.includes(name)).map(({ oid }) => oid),
      ),
    };
    const input = {
      limits,
      snapshot,
      model: tenancy,
      committed,
      connect,
      role: login.role,
      onEvent: () => {},
    };
    return { model: tenancy, result: await probe(input) };
  });
  const probeOf = (name: string) => {
    const oid = model.relations.find(({ relation }) => relation.name === name)?.relation.oid;
    const found = result.relations.find(({ relation }) => relation === oid);
    if (!found) throw new Error(`${name} was not probed`);
    return found;
  };
  const findings = model.relations.flatMap((known) => {
    const probed = result.relations.find(({ relation }) => relation === known.relation.oid);
    return crossingFindings(known, probed?.proofs ?? [], login.role);
  });
  const verdicts = model.relations.map((known) =>
    judgeRelation({
      known,
      probe: result.relations.find(({ relation }) => relation === known.relation.oid),
      findings: findings.filter(({ object }) => object === known.relation.name),
      ...{ notFinished: [], bypass: undefined },
    }),
  );
  return {
    result,
    found: findings.map(({ check, object }) => `${check} ${object}`).sort(),
    relation: probeOf,
    notDenied: (name) => probeOf(name).proofs.filter((proof) => proof.result !== 'denied'),
    verdicts: Object.fromEntries(
      verdicts.filter(({ verdict }) => verdict !== 'isolated').map(({ name, verdict }) => [name, verdict]),
    ),
  };
}
