import type { CatalogSnapshot, Grant, Relation, Sequence } from '../catalog/snapshot.js';
import { type QualifiedName, quoteIdent, quoteName } from '../identifiers.js';
import type { ClassifiedRelation, TenancyModel } from '../tenancy/model.js';

/** Privileges that the application needs on one object, and who holds what there now. */
export interface DesiredGrant {
  /** As GRANT … ON takes it: `TABLE "public"."orders"`. */
  on: string;
  privileges: string[];
  grants: Grant[];
}

export const READ_WRITE = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const READ = ['SELECT'];

/**
 * What a login needs to work on the configured schemas, and no more: no TRUNCATE (ignores row security), REFERENCES or
 * TRIGGER (see other tenants' rows), nothing on what no tenant owns, and no default privileges: those would give every
 * future table, with or without a policy, to the application the moment it is made.
 */
export function desiredGrants(snapshot: CatalogSnapshot, model: TenancyModel): DesiredGrant[] {
  const relations = model.relations
    .map((known) => ({ known, privileges: privilegesFor(known, model) }))
    .filter(({ privileges }) => privileges.length > 0);
  const schemas = new Set(relations.map(({ known }) => known.relation.schema));
  const written = relations.filter(({ privileges }) => privileges.includes('INSERT'));
  return [
    ...snapshot.schemas
      .filter((schema) => schemas.has(schema.name))
      .map(({ name, grants }) => ({ on: `SCHEMA ${quoteIdent(name)}`, privileges: ['USAGE'], grants })),
    ...relations.map(({ known, privileges }) => ({
      on: `TABLE ${quoteName(known.relation)}`,
      privileges,
      grants: known.relation.grants,
    })),
    ...snapshot.sequences
      .filter((sequence) => written.some(({ known }) => isDrawnFrom(sequence, known.relation)))
      .map((sequence) => ({
        on: `SEQUENCE ${quoteName(sequence)}`,
        privileges: ['USAGE'],
        grants: sequence.grants,
      })),
  ];
}

/** CONNECT by itself: PUBLIC has it by default, and may lose it. */
export function connectGrant(snapshot: CatalogSnapshot): DesiredGrant {
  const { name, grants } = snapshot.database;
  return { on: `DATABASE ${quoteIdent(name)}`, privileges: ['CONNECT'], grants };
}

/** Privileges on one relation; none where that would open more than one tenant's rows, or nobody has said whose they are. */
export function privilegesFor(known: ClassifiedRelation, model: TenancyModel): string[] {
  const { relation } = known;
  if (!model.config.schemas.includes(relation.schema)) return [];
  const shared = known.class === 'shared';
  if (!shared && known.class !== 'tenant' && known.class !== 'root') return [];
  switch (relation.kind) {
    case 'table':
    case 'partitioned table':
      // A partition is reached through its parent, whose policies then hold; by its own name they would not.
      if (relation.isPartition) return [];
      return shared ? READ : READ_WRITE;
    case 'view':
      return bypassesRowSecurity(relation, model) ? [] : READ;
    default:
      return [];
  }
}

/** A view reads as its owner unless it says otherwise (PostgreSQL 15+); materialized and foreign rows have no policies. */
export function bypassesRowSecurity(relation: Relation, model: TenancyModel): boolean {
  if (relation.kind === 'materialized view' || relation.kind === 'foreign table') return true;
  return relation.kind === 'view' && !relation.securityInvoker && model.config.isolation === 'rls';
}

/** An identity column advances its sequence by itself; nextval() in a default asks for USAGE, whoever owns the sequence. */
function isDrawnFrom({ ownedBy, defaultOf }: Sequence, relation: Relation): boolean {
  const drawing = [...(ownedBy ? [ownedBy] : []), ...defaultOf].filter((column) =>
    same({ schema: column.schema, name: column.relation }, relation),
  );
  return drawing.some(({ column: name }) =>
    relation.columns.some((column) => column.name === name && column.identity === undefined),
  );
}

function same(a: QualifiedName, b: QualifiedName): boolean {
  return a.schema === b.schema && a.name === b.name;
}
