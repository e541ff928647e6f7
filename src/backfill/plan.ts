import type { Column, Relation } from '../catalog/snapshot.js';
import { TenantctlError } from '../errors.js';
import { displayName, quoteName } from '../identifiers.js';
import type { ClassifiedRelation, TenancyModel } from '../tenancy/model.js';
import { describePath, type Path, pathsToTenant } from './derive.js';
import { tableKey } from './key.js';
import { parentsFirst } from './order.js';
import { type Selection, selectTables } from './select.js';
import { updateTriggers } from './triggers.js';
import { requireRoom } from './types.js';

/** What is to be done with one table. */
export interface TablePlan {
  relation: Relation;
  /** The tenant column, and its type as SQL. */
  column: string;
  type: string;
  /** As COLLATE takes it; undefined for a type without. */
  collation: string | undefined;
  /** The column does not exist yet. */
  missing: boolean;
  /** The column can be NULL, so that rows may be unfilled; a missing one will be. */
  nullable: boolean;
  /** What orders the rows; undefined where nothing does. */
  key: string[] | undefined;
  paths: Path[];
  truncated: boolean;
  /** The tenant, as text, of rows that no foreign key leads away from. */
  constant: string | undefined;
  /** User triggers that the fill will fire. */
  triggers: string[];
}

export interface BackfillPlan {
  /** Parents first. */
  tables: TablePlan[];
  /** Tables derive from each other, so that one pass may not be enough. */
  cyclic: boolean;
  skipped: Selection['skipped'];
}

export interface BackfillWish {
  /** Names as typed; none means all. */
  tables: readonly string[];
  /** `--tenant`. */
  tenant: string | undefined;
}

/**
 * Decides for each table where its tenants come from. Foreign keys are asked first; a given tenant is for the rows that
 * none leads away from: in a table without any, and, where the table was named, also in one whose links may be null.
 *
 * @throws TenantctlError usage, as selectTables, and where the root is missing
 */
export async function planBackfill(model: TenancyModel, wish: BackfillWish): Promise<BackfillPlan> {
  const root = requireRoot(model);
  const { tables, skipped } = selectTables(model, wish.tables, wish.tenant !== undefined);
  const columns = tenantColumns(model, tables);
  const plans = await Promise.all(
    tables.map(async ({ relation }) => {
      const column = columns.get(relation.oid) ?? '';
      const existing = relation.columns.find(({ name }) => name === column);
      const ways = pathsToTenant(model, relation, columns);
      const { type, collation } = existing ?? root.column;
      const applies = ways.paths.length === 0 || wish.tables.length > 0;
      const constant = applies ? wish.tenant : undefined;
      return {
        ...{ relation, column, type, collation, constant, ...ways },
        missing: existing === undefined,
        nullable: !(existing?.neverNull ?? false),
        key: tableKey(relation, column),
        triggers: await updateTriggers(relation, column),
        id: relation.oid,
        after: ways.paths.flatMap(({ steps }) => steps.at(-1)?.to.oid ?? []),
      };
    }),
  );
  const { order, cyclic } = parentsFirst(plans);
  return { tables: order.map(({ id: _, after: __, ...plan }) => plan), cyclic, skipped };
}

/**
 * Makes sure that a table that is to be filled can be.
 *
 * @throws TenantctlError usage: rows without an order, or a column that cannot hold what it is to be filled with
 */
export function requireFillable(model: TenancyModel, plan: TablePlan): void {
  const root = requireRoot(model);
  const { relation, column: name, type, paths, constant } = plan;
  if (paths.length === 0 && constant === undefined) return;
  if (plan.key === undefined) throw withoutKey(relation);
  for (const path of paths) requireRoom(relation, { name, type }, endOf(path, root.column.type));
  const rootKey = { shown: `${displayName(root.relation)}.${root.column.name}`, type: root.column.type };
  if (constant !== undefined) requireRoom(relation, { name, type }, rootKey);
}

function withoutKey(relation: Relation): TenantctlError {
  const free = relation.columns.some(({ name }) => name === 'id') ? 'row_id' : 'id';
  const hint =
    relation.kind === 'partitioned table'
      ? 'a primary key, which contains what it is partitioned by; where that is the tenant column itself, an UPDATE in a migration'
      : `ALTER TABLE ${quoteName(relation)} ADD COLUMN ${free} bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY   (rewrites the table), or name other tables`;
  return new TenantctlError({
    kind: 'usage',
    code: 'NO_TABLE_KEY',
    message: `Cannot backfill ${displayName(relation)}: it has no primary key and no unique index on columns that are NOT NULL, so its rows cannot be gone over in batches.`,
    hint,
  });
}

/** The column that a path ends at; one that is still to be added will have the type of the root's key. */
function endOf(path: Path, rootType: string): { shown: string; type: string } {
  const end = path.steps.at(-1)?.to;
  const column = end?.columns.find(({ name }) => name === path.column);
  return { shown: `${end ? displayName(end) : ''}.${path.column}`, type: column?.type ?? rootType };
}

/** The root's table, and the column that names a tenant. */
export function requireRoot(model: TenancyModel): { relation: Relation; column: Column } {
  const { root } = model;
  const column = root?.relation.columns.find(({ name }) => name === root.tenantColumn);
  if (root && column) return { relation: root.relation, column };
  throw new TenantctlError({
    kind: 'usage',
    code: 'NO_ROOT',
    message: `Cannot backfill: the table of tenants, ${displayName(model.config.root)}, does not exist yet.`,
    hint: 'tenantctl migrate',
  });
}

/** Tenant column by oid: as it is, as it is going to be, and the key of the root. */
function tenantColumns(model: TenancyModel, selected: readonly ClassifiedRelation[]): Map<number, string> {
  const [usual = ''] = model.config.columns;
  const columns = new Map<number, string>();
  for (const known of model.relations) {
    const column = known.tenantColumn ?? (selected.includes(known) ? usual : undefined);
    if (column !== undefined) columns.set(known.relation.oid, column);
  }
  return columns;
}

/** In words, for plans and reports: the paths, the constant, or why there is nothing. */
export function describeSource(plan: TablePlan): string[] {
  const paths = plan.paths.map((path) => describePath(plan.relation, path));
  if (plan.constant === undefined) return paths;
  return [...paths, paths.length > 0 ? `else ${plan.constant}` : plan.constant];
}
