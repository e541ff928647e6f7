import type {
  CatalogSnapshot,
  Constraint,
  DatabaseFunction,
  ForeignKey,
  Relation,
  Sequence,
} from '../../catalog/snapshot.js';
import type { ClassifiedRelation, TenancyModel } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { bodyOf } from '../functions.js';
import { isOwnKey, linksOf } from '../keys.js';
import { findAll } from '../policy/nodes.js';
import { loadSqlParser } from '../policy/parse.js';
import { contextSettings } from '../policy/reason/session.js';
import { looksUp, lookupsIn } from '../policy/signature.js';
import {
  comparedBy,
  coverOf,
  crossingLinks,
  excludedBy,
  isOpaque,
  unscopedExclusions,
  unscopedKeys,
} from '../spanning.js';
import { subjectOf } from '../subject.js';
import { takesFromSequence } from './rows/solve.js';
import { type Written, writtenBy } from './written.js';

/** Something that compares a new row with the rows of all tenants. */
export interface Comparison {
  /** Name of the index or constraint. */
  name: string;
  /** What has to be alike in two rows for one to stand in the other's way. */
  columns: string[];
  /** Whether only its makers know what is compared. */
  opaque: boolean;
}

/** A foreign key by which what is done to one tenant's row reaches another tenant. */
export interface Link {
  constraint: Constraint;
  foreignKey: ForeignKey;
  parent: ClassifiedRelation;
  /** It carries the tenant, and sets it to this default (an expression) when the parent goes. */
  tenantAfter: string | undefined;
}

/** Where rows of several tenants touch although no policy fails: the catalog tells, so that nothing is tried elsewhere. */
export interface Contacts {
  comparisons(known: ClassifiedRelation): Comparison[];
  links(known: ClassifiedRelation): Link[];
  written(known: ClassifiedRelation): Written;
  /** Sequences that number the rows of all tenants, and may be read. */
  sequences(known: ClassifiedRelation): Sequence[];
  /** Whether a function runs the one text that it takes as SQL, and not as its caller. */
  runsText(fn: DatabaseFunction): boolean;
  /** The settings that carry the context. */
  settings: string[];
}

export async function contactsIn(snapshot: CatalogSnapshot, model: TenancyModel): Promise<Contacts> {
  const subject = subjectOf(snapshot, model, await loadSqlParser());
  const readable = readableSequences(subject);
  return {
    comparisons: (known) => comparisonsOf(subject, known),
    links: (known) => [...crossing(subject, known), ...givingAway(subject, known)],
    written: writtenBy(subject),
    sequences: ({ relation }) => numbering(subject, relation, readable),
    runsText: (fn) =>
      fn.securityDefiner &&
      fn.requiredArguments === 1 &&
      TEXTS.has(fn.argumentTypes[0] ?? '') &&
      (bodyOf(subject, fn)?.dynamic ?? false),
    settings: contextSettings(model.config.context, subject.sql),
  };
}

const TEXTS = new Set(['text', 'character varying']);

function comparisonsOf(subject: Subject, known: ClassifiedRelation): Comparison[] {
  const { relation } = known;
  const keys = unscopedKeys(subject, known).map((index) => ({
    ...{ name: index.name, opaque: isOpaque(relation, index) },
    columns: comparedBy(subject, relation, index),
  }));
  const exclusions = unscopedExclusions(subject, known).map((constraint) => ({
    ...{ name: constraint.name, opaque: false },
    columns: excludedBy(subject, relation, constraint),
  }));
  return [...keys, ...exclusions, ...lookingChecks(subject, known)];
}

/** CHECK constraints that ask other rows, save where nobody can guess what to ask for. */
function lookingChecks(subject: Subject, { relation, tenantColumn }: ClassifiedRelation): Comparison[] {
  const checks = relation.constraints.filter(({ kind, inherited }) => kind === 'check' && !inherited);
  const lookups = checks.length > 0 ? lookupsIn(subject.snapshot.functions) : new Set<string>();
  return checks
    .filter(({ definition }) => looksUp(definition, lookups))
    .map(({ name, columns }) => ({
      name,
      opaque: false,
      columns: columns.filter((one) => one !== tenantColumn),
    }))
    .filter(({ columns }) => columns.length > 0 && !columns.some((one) => isOwnKey(subject, relation, one)));
}

/** Those that another one keeps from crossing are left out. */
function crossing(subject: Subject, known: ClassifiedRelation): Link[] {
  return crossingLinks(subject, known).flatMap((link) => {
    const { constraint, parent } = link;
    const { foreignKey } = constraint;
    if (!foreignKey || coverOf(subject, link) !== undefined) return [];
    return { constraint, foreignKey, parent, tenantAfter: undefined };
  });
}

function givingAway(subject: Subject, known: ClassifiedRelation): Link[] {
  const column = known.relation.columns.find(({ name }) => name === known.tenantColumn);
  const tenantAfter = column?.defaultExpression;
  if (tenantAfter === undefined) return [];
  return linksOf(subject, known).flatMap(({ constraint, parent, carriesTenant }) => {
    const { foreignKey } = constraint;
    if (!foreignKey || !carriesTenant) return [];
    const { onDelete, onUpdate, deleteSetColumns } = foreignKey;
    const all = deleteSetColumns.length === 0 || deleteSetColumns.includes(column?.name ?? '');
    const isSet = (onDelete === 'set default' && all) || onUpdate === 'set default';
    return isSet ? { constraint, foreignKey, parent, tenantAfter } : [];
  });
}

function readableSequences({ snapshot, app }: Subject): Sequence[] {
  return snapshot.sequences.filter(
    ({ schema, grants, owner }) =>
      app.mayUseSchema(schema) &&
      app.usable(grants).some(({ privilege, grantee }) => privilege === 'SELECT' && grantee !== owner),
  );
}

/** Those of an identity, a serial, or a default that names them. */
function numbering(subject: Subject, relation: Relation, sequences: readonly Sequence[]): Sequence[] {
  if (sequences.length === 0) return [];
  const names = relation.columns.flatMap(({ defaultExpression }) =>
    takesFromSequence(defaultExpression)
      ? findAll(subject.sql.expression(defaultExpression ?? ''), 'A_Const').flatMap(
          ({ sval }) => sval?.sval ?? [],
        )
      : [],
  );
  const plain = new Set(names.map((text) => text.replaceAll('"', '')));
  return sequences.filter(
    ({ schema, name, ownedBy }) =>
      (ownedBy?.schema === relation.schema && ownedBy.relation === relation.name) ||
      plain.has(name) ||
      plain.has(`${schema}.${name}`),
  );
}
