import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Client } from '../../../postgres/connect.js';
import { sqlState } from '../../../postgres/errors.js';
import { openPipeline } from '../../../postgres/pipeline.js';
import type { ClassifiedRelation, TenancyModel } from '../../../tenancy/model.js';
import type { LentFrame } from '../session/frame.js';

/**
 * What the auditor sees of the rows that are there: whose they are, never what they hold. undefined stands for "the
 * auditor may not see it", which is not the same as "none".
 */
export interface CommittedRows {
  /** For each of the relations whether it holds any row: asked about together. */
  holdRows(relations: readonly ClassifiedRelation[]): Promise<(boolean | undefined)[]>;
  /** Up to `limit` tenants with rows there, those with the fewest first. */
  tenantsOf(known: ClassifiedRelation, limit: number): Promise<string[] | undefined>;
}

/** Sends a question; its rows. */
type Ask = (text: string) => Promise<(string | null)[][]>;

/**
 * Prepares the auditor's connection for looking at rows. Policies must not hide any: with row_security off that is an
 * error instead of an empty answer. Each look is a statement of its own: neither a snapshot nor a lock outlives it.
 */
export async function openCommittedRows(client: Client, model: TenancyModel): Promise<CommittedRows> {
  await client.query(`set row_security = off; set default_transaction_read_only = on;
    set statement_timeout = '10s'; set lock_timeout = '2s'`);
  // Several tables may be asked about at a time.
  const { send } = openPipeline(client);
  const ask: Ask = async (text) => {
    const { rows } = await send((free) => free.query<(string | null)[]>({ text, rowMode: 'array' }));
    return rows;
  };
  return committedRows(ask, model);
}

/** The same on a connection that is lent to the probe: for each look it is its lender's again. */
export function lentCommittedRows(client: Client, model: TenancyModel, frame: LentFrame): CommittedRows {
  const ask: Ask = async (text) => {
    const begin = `savepoint tenantctl_look; ${frame.asLender};
      set local row_security = off; set local statement_timeout = '10s'`;
    await client.query(begin);
    try {
      return (await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows;
    } finally {
      await client.query('rollback to savepoint tenantctl_look; release savepoint tenantctl_look');
    }
  };
  return committedRows(ask, model);
}

function committedRows(ask: Ask, model: TenancyModel): CommittedRows {
  const byOid = new Map(model.relations.map((known) => [known.relation.oid, known]));
  const holdRows: CommittedRows['holdRows'] = async (relations) => {
    if (relations.length === 0) return [];
    const each = relations.map(({ relation }) => `exists (select from ${quoteName(relation)})::text`);
    const rows = await look(ask, `select ${each.join(', ')}`);
    if (rows) return relations.map((_, index) => rows[0]?.[index] === 'true');
    if (relations.length === 1) return [undefined];
    // One that is refused leaves all of them without an answer.
    return (await Promise.all(relations.map((known) => holdRows([known])))).flat();
  };
  return {
    holdRows,
    tenantsOf: async (known, limit) => {
      const from = withTenant(known, byOid);
      if (from === undefined) return undefined;
      const rows = await look(
        ask,
        `select tenant::text from (select ${from}) as rows where tenant is not null
          group by tenant order by count(*), tenant limit ${limit}`,
      );
      return rows?.flatMap(([tenant]) => tenant ?? []);
    },
  };
}

/** `… as tenant from …`: by the relation's own column, or along its foreign keys to a relation that has one. */
function withTenant(
  { relation, tenantColumn, path }: ClassifiedRelation,
  byOid: ReadonlyMap<number, ClassifiedRelation>,
): string | undefined {
  const end = byOid.get(path.at(-1)?.to ?? relation.oid);
  const column = tenantColumn ?? end?.tenantColumn;
  if (column === undefined) return undefined;
  const joins = path.map(({ to, columns, references }, index) => {
    const target = byOid.get(to);
    const on = columns.map(
      (name, at) => `r${index}.${quoteIdent(name)} = r${index + 1}.${quoteIdent(references[at] ?? '')}`,
    );
    return target && ` join ${quoteName(target.relation)} as r${index + 1} on ${on.join(' and ')}`;
  });
  return `r${path.length}.${quoteIdent(column)} as tenant from ${quoteName(relation)} as r0${joins.join('')}`;
}

/** undefined where it is refused, or takes too long. */
async function look(ask: Ask, text: string): Promise<(string | null)[][] | undefined> {
  try {
    return await ask(text);
  } catch (error) {
    const sqlstate = sqlState(error);
    // 42501: RLS would hide rows, or no SELECT. 57014, 55P03: out of time. 55000: a materialized view never filled.
    if (sqlstate && ['42501', '57014', '55P03', '55000'].includes(sqlstate)) return undefined;
    // A view may fail for reasons of its own.
    if (sqlstate?.startsWith('22') || sqlstate?.startsWith('P')) return undefined;
    throw error;
  }
}
