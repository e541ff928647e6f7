import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import type { TenancyConfig } from '../../src/tenancy/config.js';
import { type AuditResult, audit } from '../../src/verifier/audit.js';
import type { Finding } from '../../src/verifier/finding.js';
import { type TestDatabase, useTestDatabase } from './database.js';

export const LEAKS = fileURLToPath(new URL('../leaks', import.meta.url));

/** The healthy tables that faults are planted in, made for each test in a transaction that is rolled back. */
export function useLeakBase(): { db: TestDatabase; client: pg.Client } {
  const base = { db: useTestDatabase() } as { db: TestDatabase; client: pg.Client };
  beforeAll(async () => {
    base.client = await base.db.client();
  });
  beforeEach(async () => {
    await base.client.query('BEGIN');
    await base.client.query(await readFile(`${LEAKS}/base.sql`, 'utf8'));
  });
  afterEach(() => base.client.query('ROLLBACK'));
  return base;
}

/** A planted fault, or what looks like one: SQL, with what it needs and gives in comments at its head. */
export interface Plant {
  sql: string;
  /** `-- expect:` the keys of all findings that it makes. */
  expected: string[];
  /** `-- config:` what it changes in the configuration. */
  config: Partial<TenancyConfig>;
  /** `-- since:` the first server version that knows its statements. */
  since: number;
}

/** Reads a plant; `schema` takes the place of public, also within keys, but for a part: that is PUBLIC, the grantee. */
export async function readPlant(path: string, schema = 'public'): Promise<Plant> {
  const text = await readFile(`${LEAKS}/${path}.sql`, 'utf8');
  const header = (name: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`-- ${name}: `))
      .map((line) => line.slice(name.length + 5));
  const [config = '{}'] = header('config');
  const [since = '0'] = header('since');
  return {
    sql: inSchema(text, schema),
    expected: header('expect').map((key) => key.replaceAll(/(?<!":)"public"/g, `"${schema}"`)),
    config: JSON.parse(config.replaceAll('public', schema)),
    since: Number(since),
  };
}

/** Every name public in lower case; the keyword PUBLIC is written in capitals. */
export function inSchema(sql: string, schema: string): string {
  return sql.replaceAll(/\bpublic\b/g, schema === 'public' ? 'public' : `"${schema}"`);
}

/** The configuration of the healthy base. */
export function baseConfig(schema: string, changes: Partial<TenancyConfig> = {}): TenancyConfig {
  return {
    schemas: [schema],
    root: { schema, name: 'tenants' },
    columns: ['tenant_id'],
    columnOverrides: [],
    context: { setting: 'app.tenant_id' },
    appRole: 'leak_app',
    shared: [{ relation: { schema, name: 'countries' }, reason: 'the same for everyone' }],
    isolation: 'rls',
    checksDirectory: undefined,
    waivers: [],
    fixtures: [],
    ...changes,
  };
}

export function auditOf(client: pg.Client, config: TenancyConfig): Promise<AuditResult> {
  return audit(client, config, { now: new Date('2026-06-01T12:00:00Z'), onEvent: () => undefined });
}

/** Keys in the order of the report. */
export function keysOf(findings: readonly Finding[]): string[] {
  return findings.map((finding) => finding.key);
}
