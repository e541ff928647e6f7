import { TenantctlError } from '../errors.js';
import { displayName, quoteIdent } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { sqlState } from '../postgres/errors.js';
import type { TenancyModel } from '../tenancy/model.js';
import { backfillFailure } from './failure.js';
import { requireRoot } from './plan.js';
import { source } from './sql.js';

const SHOWN = 5;

/**
 * Makes sure that a tenant exists. Must run in a transaction of its own: a value of the wrong type ends it.
 *
 * @param tenant the root's key, as text
 * @throws TenantctlError usage, with some tenants that do exist
 */
export async function requireTenant(client: Client, model: TenancyModel, tenant: string): Promise<void> {
  const { relation, column: root } = requireRoot(model);
  const { name: key, type } = root;
  const column = quoteIdent(key);
  await client.query('savepoint tenant');
  // Without a cast: it would cut a text off, or round a number, and the rows would go to another tenant.
  const found = await client
    .query(`select from ${source(relation)} where ${column} = $1`, [tenant])
    .catch((error: unknown) => {
      // Class 22: the text is no value of that type.
      if (sqlState(error)?.startsWith('22')) return undefined;
      throw backfillFailure(error, displayName(relation), undefined, undefined);
    });
  if (found?.rowCount) return;
  await client.query('rollback to savepoint tenant');
  const label = relation.columns.find((c) => c.name !== key && /^(text|character varying)/.test(c.baseType));
  const { rows } = await client.query<{ key: string; label: string | null }>(
    `select ${column}::text as key, ${label ? quoteIdent(label.name) : 'null'} as label
       from ${source(relation)} order by ${column} limit ${SHOWN}`,
  );
  const shown = rows.map((row) => (row.label === null ? row.key : `${row.key} (${row.label})`));
  throw new TenantctlError({
    kind: 'usage',
    code: 'NO_SUCH_TENANT',
    message: `Cannot use the tenant ${tenant}: ${found ? `${displayName(relation)} has no row with that ${key}` : `it is not a ${type}`}.`,
    hint:
      shown.length > 0
        ? `--tenant with one of\n  ${shown.join('\n  ')}`
        : `insert it into ${displayName(relation)} first`,
  });
}
