import { TenantctlError } from '../errors.js';
import { displayName, parseName } from '../identifiers.js';
import { nearest } from '../nearest.js';
import type { ClassifiedRelation, TenancyModel } from '../tenancy/model.js';

/** What a run is about. */
export interface Selection {
  tables: ClassifiedRelation[];
  /** Tables that nobody named and that were left alone. */
  skipped: { table: ClassifiedRelation; reason: string }[];
}

/**
 * The tables a run is about: those named, or every one whose rows belong to a tenant. A table that nothing leads from to
 * the root is only taken where a tenant for its rows is given: it may as well be reference data.
 *
 * @throws TenantctlError usage: a name that is no table, or a table that has no tenant column by design
 */
export function selectTables(model: TenancyModel, names: readonly string[], tenant: boolean): Selection {
  if (names.length > 0) {
    const tables = names.map((name) => requireTable(model, name));
    return { tables: [...new Set(tables)], skipped: [] };
  }
  const candidates = model.relations.filter((known) => isTable(known) && isOurs(known, model));
  const tables = candidates.filter(
    (known) => known.class === 'tenant' || (tenant && known.class === 'untenanted'),
  );
  const skipped = candidates
    .filter((known) => !tables.includes(known) && known.class === 'untenanted')
    .map((table) => ({ table, reason: table.reason }));
  return { tables, skipped };
}

/** A partition is filled through its parent. */
function isTable({ relation }: ClassifiedRelation): boolean {
  return (relation.kind === 'table' || relation.kind === 'partitioned table') && !relation.isPartition;
}

function isOurs({ relation }: ClassifiedRelation, model: TenancyModel): boolean {
  return model.config.schemas.includes(relation.schema);
}

function requireTable(model: TenancyModel, text: string): ClassifiedRelation {
  const name = parseName(text, model.config.schemas[0] ?? 'public');
  const known = model.relations.find(
    ({ relation }) => relation.schema === name?.schema && relation.name === name.name,
  );
  if (!known || !isOurs(known, model)) {
    const tables = model.relations
      .filter((table) => isTable(table) && isOurs(table, model))
      .map(({ relation }) => displayName(relation));
    const close = nearest(text, tables);
    const shown = close.length > 0 ? `did you mean: ${close.join(', ')}` : `there are: ${tables.join(', ')}`;
    throw refuse('NO_SUCH_TABLE', text, 'there is no such table in the configured schemas', shown);
  }
  if (!isTable(known)) {
    const what = known.relation.isPartition ? 'partition' : known.relation.kind;
    throw refuse('NOT_A_TABLE', text, `it is a ${what}`, 'name the table that holds the rows');
  }
  switch (known.class) {
    case 'root':
      throw refuse('IS_ROOT', text, 'it is the root, whose rows are the tenants', 'name other tables');
    case 'shared':
      throw refuse(
        'IS_SHARED',
        text,
        `it is shared (${known.reason})`,
        'take it out of tenancy.shared first',
      );
    case 'internal':
      throw refuse('IS_INTERNAL', text, `it is bookkeeping (${known.reason})`, 'name other tables');
    default:
      return known;
  }
}

function refuse(code: string, table: string, cause: string, hint: string): TenantctlError {
  return new TenantctlError({ kind: 'usage', code, message: `Cannot backfill ${table}: ${cause}.`, hint });
}
