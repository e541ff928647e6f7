import type { CatalogSnapshot, Constraint, Relation } from '../catalog/snapshot.js';
import { TenantctlError } from '../errors.js';
import { displayName } from '../identifiers.js';
import { bookkeeper } from './bookkeeping.js';
import type { TenancyConfig } from './config.js';
import type { ClassifiedRelation, ForeignKeyStep, TenancyModel } from './model.js';
import { findNamedRelations, type NamedRelations } from './names.js';

/** What has been decided so far, by oid. */
type Decided = Map<number, ClassifiedRelation>;

/** Oid of a parent → oids of what inherits from it. */
type Children = Map<number, number[]>;

/**
 * Decides for each relation whose rows it holds: by what the configuration names, by its own tenant column, else by what
 * it refers to, inherits or reads.
 *
 * @throws TenantctlError usage where the configuration names what does not exist, or the root has no usable key
 */
export function classify(snapshot: CatalogSnapshot, config: TenancyConfig): TenancyModel {
  const named = findNamedRelations(snapshot, config);
  const decided: Decided = new Map();
  for (const relation of snapshot.relations) {
    const known = ofItself(relation, named, config, snapshot);
    if (known) decided.set(relation.oid, known);
  }
  const children = childrenByParent(snapshot);
  // Round by round, so that the path found first is a shortest one.
  for (;;) {
    const found = snapshot.relations
      .filter((relation) => !decided.has(relation.oid))
      .flatMap((relation) => throughOthers(relation, decided, children) ?? []);
    if (found.length === 0) break;
    for (const known of found) decided.set(known.relation.oid, known);
  }
  const relations = snapshot.relations.map((relation) => decided.get(relation.oid) ?? untenanted(relation));
  return { config, relations, root: relations.find((known) => known.class === 'root') };
}

function childrenByParent(snapshot: CatalogSnapshot): Children {
  const children: Children = new Map();
  for (const { oid, parents } of snapshot.relations) {
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), oid]);
  }
  return children;
}

function ofItself(
  relation: Relation,
  named: NamedRelations,
  config: TenancyConfig,
  snapshot: CatalogSnapshot,
): ClassifiedRelation | undefined {
  const as = (known: Pick<ClassifiedRelation, 'class' | 'reason'>, tenantColumn?: string) => ({
    ...{ relation, ...known, tenantColumn, path: [] },
  });
  if (relation === named.root) {
    const key = named.columns.get(relation.oid) ?? keyOfRoot(relation, snapshot, config);
    return as({ class: 'root', reason: 'the configured root: one row per tenant' }, key);
  }
  const shared = named.shared.get(relation.oid);
  if (shared !== undefined) return as({ class: 'shared', reason: shared });
  const keeper = bookkeeper(relation, config.ledgerTable);
  if (keeper !== undefined) return as({ class: 'internal', reason: keeper });
  const column =
    named.columns.get(relation.oid) ??
    config.columns.find((name) => relation.columns.some((candidate) => candidate.name === name));
  return column === undefined
    ? undefined
    : as({ class: 'tenant', reason: `column ${column} names the tenant` }, column);
}

/** The column that tenant columns hold the values of: what foreign keys refer to, else the primary key. */
function keyOfRoot(root: Relation, snapshot: CatalogSnapshot, config: TenancyConfig): string {
  const referred = snapshot.relations
    .flatMap((relation) => relation.constraints)
    .filter(({ columns, foreignKey }) => {
      const [column] = columns;
      return (
        foreignKey?.relation === root.oid && columns.length === 1 && config.columns.includes(column ?? '')
      );
    })
    .map((constraint) => constraint.foreignKey?.columns[0]);
  const primary = root.constraints.find((constraint) => constraint.kind === 'primary key')?.columns;
  const own = config.columns.find((name) => root.columns.some((column) => column.name === name));
  const key = referred[0] ?? (primary?.length === 1 ? primary[0] : own);
  if (key !== undefined) return key;
  throw new TenantctlError({
    kind: 'usage',
    code: 'ROOT_WITHOUT_KEY',
    message: `Cannot tell tenants apart by ${displayName(root)}: it has no primary key of one column.`,
    hint: `name the column: tenancy.columns: { ${JSON.stringify(root.name)}: 'id' }`,
  });
}

function throughOthers(
  relation: Relation,
  decided: Decided,
  children: Children,
): ClassifiedRelation | undefined {
  return (
    throughForeignKey(relation, decided) ??
    throughInheritance(relation, decided, children) ??
    throughReading(relation, decided)
  );
}

const holdsTenants = (known: ClassifiedRelation | undefined): known is ClassifiedRelation =>
  known?.class === 'root' || known?.class === 'tenant';

function throughForeignKey(relation: Relation, decided: Decided): ClassifiedRelation | undefined {
  const nullable = (constraint: Constraint) =>
    relation.columns.some((column) => !column.neverNull && constraint.columns.includes(column.name));
  const links = relation.constraints
    .map((constraint) => ({ constraint, target: decided.get(constraint.foreignKey?.relation ?? 0) }))
    .filter(({ target }) => holdsTenants(target))
    .sort((a, b) => Number(nullable(a.constraint)) - Number(nullable(b.constraint)));
  const [link] = links;
  if (!link?.target) return undefined;
  const { constraint, target } = link;
  const toRoot = links.filter((other) => other.target?.class === 'root');
  const [column] = constraint.columns;
  // Its only reference to the root holds the tenant's key, whatever the column is called.
  if (target.class === 'root' && toRoot.length === 1 && constraint.columns.length === 1) {
    const reason = `column ${column} refers to the root ${displayName(target.relation)}`;
    return { relation, class: 'tenant', tenantColumn: column, path: [], reason };
  }
  const step: ForeignKeyStep = {
    from: relation.oid,
    to: target.relation.oid,
    constraint: constraint.name,
    columns: constraint.columns,
    references: constraint.foreignKey?.columns ?? [],
  };
  const reason = `no tenant column; foreign key ${constraint.name} leads to ${displayName(target.relation)}`;
  return { relation, class: 'tenant', tenantColumn: undefined, path: [step, ...target.path], reason };
}

/** The rows of a child show in its parent, and what a parent's rows are, its children's are. */
function throughInheritance(
  relation: Relation,
  decided: Decided,
  children: Children,
): ClassifiedRelation | undefined {
  const child = children
    .get(relation.oid)
    ?.map((oid) => decided.get(oid))
    .find(holdsTenants);
  if (child) {
    const reason = `the rows of ${displayName(child.relation)}, which inherits from it, show here`;
    return { relation, class: 'tenant', tenantColumn: undefined, path: [], reason };
  }
  const parent = relation.parents
    .map((oid) => decided.get(oid))
    .find((known) => known !== undefined && known.class !== 'root');
  if (!parent) return undefined;
  const reason = `inherits from ${displayName(parent.relation)}`;
  return { relation, class: parent.class, tenantColumn: undefined, path: [], reason };
}

function throughReading(relation: Relation, decided: Decided): ClassifiedRelation | undefined {
  const read = relation.reads.map((oid) => decided.get(oid));
  const tenants = read.find(holdsTenants);
  if (tenants) {
    const reason = `reads ${displayName(tenants.relation)}`;
    return { relation, class: 'tenant', tenantColumn: undefined, path: [], reason };
  }
  if (read.length === 0 || read.some((known) => known?.class !== 'shared')) return undefined;
  return {
    ...{ relation, class: 'shared', tenantColumn: undefined, path: [] },
    reason: 'reads shared relations only',
  };
}

function untenanted(relation: Relation): ClassifiedRelation {
  const reason = 'no tenant column, and nothing leads to the root';
  return { relation, class: 'untenanted', tenantColumn: undefined, path: [], reason };
}
