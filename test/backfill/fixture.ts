import { type BackfillOptions, type BackfillResult, backfillTenant } from '../../src/backfill/run.js';
import { normalizeConfig } from '../../src/config/normalize.js';
import { type ConfigInput, configSchema } from '../../src/config/schema.js';
import type { TenancyConfig } from '../../src/tenancy/config.js';
import { databaseAt } from '../support/connect.js';

export const NORTE = '10000000-0000-4000-8000-000000000001';
export const SUR = '20000000-0000-4000-8000-000000000002';

/** Organizations, and the system that was there before them: people, what they write, and who likes it. */
export const BEFORE = `
  CREATE TABLE organizations (id uuid PRIMARY KEY, slug text NOT NULL UNIQUE);
  INSERT INTO organizations VALUES ('${NORTE}', 'norte'), ('${SUR}', 'sur');
  CREATE TABLE users (
    id bigint PRIMARY KEY, organization_id uuid REFERENCES organizations, email text NOT NULL);
  CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, content text NOT NULL);
  CREATE TABLE likes (
    user_id bigint REFERENCES users, post_id bigint NOT NULL REFERENCES posts, weight numeric,
    PRIMARY KEY (post_id, user_id));`;

export function tenancyOf(changes: Partial<NonNullable<ConfigInput['tenancy']>> = {}): TenancyConfig {
  const tenancy = {
    root: 'organizations',
    column: 'organization_id',
    context: { setting: 'app.organization_id' },
    ...changes,
  };
  const config = normalizeConfig(configSchema.parse({ tenancy }), undefined, '/');
  if (!config.tenancy) throw new Error('the tenancy was given');
  return config.tenancy;
}

/** Runs the engine as the command does, in small batches. */
export async function backfill(
  url: string,
  options: Partial<BackfillOptions> = {},
  tenancy: TenancyConfig = tenancyOf(),
): Promise<BackfillResult> {
  const { signal } = options;
  return backfillTenant(await databaseAt(url, signal ? { signal } : {}), tenancy, {
    ...{ tables: [], tenant: undefined, batchSize: 7, dryRun: false, lockWaitMs: 10_000 },
    onEvent: () => {},
    ...options,
  });
}

/** What a result says about each table: [name, filled, left]. */
export function outline(result: BackfillResult): [string, number, number][] {
  return result.tables.map(({ plan, tally, remaining }) => [plan.relation.name, tally.updated, remaining]);
}
