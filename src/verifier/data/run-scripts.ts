import { parseName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import type { Fault } from '../check.js';
import type { NotFinished } from './audit-data.js';
import { attempt, type GuardOptions } from './guard.js';
import { invalid, type Script } from './script.js';

/** More rows than anyone would read; the rest is said to exist. */
const ROWS_AT_MOST = 1000;

export interface ScriptFaults {
  faults: { script: Script; fault: Fault }[];
  notFinished: NotFinished[];
}

interface ScriptRow {
  object: string | null;
  detail: string | null;
}

/**
 * Runs the team's checks; must run within withAuditSettings.
 *
 * @param defaultSchema what an unqualified `object` is in
 * @throws TenantctlError usage where a query has no columns `object` and `detail`
 */
export async function runScripts(
  client: Client,
  scripts: readonly Script[],
  defaultSchema: string,
  options: GuardOptions,
): Promise<ScriptFaults> {
  const result: ScriptFaults = { faults: [], notFinished: [] };
  for (const script of scripts) {
    const asked = await attempt(client, options, () => fetchRows(client, script));
    if ('why' in asked) {
      result.notFinished.push({ check: script.id, schema: '', object: script.file, why: asked.why });
      continue;
    }
    for (const row of asked.answer) {
      result.faults.push({ script, fault: toFault(row, defaultSchema) });
    }
  }
  return result;
}

/** A cursor takes a SELECT and nothing else, and does not bring millions of rows over. */
async function fetchRows(client: Client, script: Script): Promise<ScriptRow[]> {
  await client.query(`declare tenantctl_script no scroll cursor for ${script.sql}`);
  const { rows, fields } = await client.query<ScriptRow>(`fetch ${ROWS_AT_MOST} from tenantctl_script`);
  await client.query('close tenantctl_script');
  const names = fields.map((field) => field.name);
  for (const name of ['object', 'detail']) {
    if (!names.includes(name)) {
      const cause = `its query returns no column "${name}" (but ${names.join(', ')})`;
      throw invalid(script.file, cause, 'select … as object, … as detail: the relation, and the fact');
    }
  }
  return rows;
}

function toFault(row: ScriptRow, defaultSchema: string): Fault {
  const text = row.object === null ? '' : String(row.object);
  const name = parseName(text, defaultSchema) ?? { schema: '', name: text };
  const detail = row.detail === null ? '' : String(row.detail);
  return { schema: name.schema, object: name.name, part: detail, detail };
}
