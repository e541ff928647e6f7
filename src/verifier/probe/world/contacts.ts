import type { CatalogSnapshot, DatabaseFunction, Relation, Sequence } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation, TenancyModel } from '../../../tenancy/model.js';
import type { Subject } from '../../check.js';
import { bodyOf } from '../../functions.js';
import { findAll } from '../../policy/nodes.js';
import { loadSqlParser } from '../../policy/parse.js';
import { contextSettings } from '../../policy/reason/session.js';
import { lookupsIn } from '../../policy/signature.js';
import { subjectOf } from '../../subject.js';
import { type Comparison, comparisonsOf } from './comparisons.js';
import { type Link, reachingLinks, skippable } from './links.js';
import { takesFromSequence } from './sequence-default.js';
import { type Written, writtenBy } from './written.js';

/** Where rows of several tenants touch although no policy fails: the catalog tells, so that nothing is tried elsewhere. */
export interface Contacts {
  comparisons(known: ClassifiedRelation): Comparison[];
  links(known: ClassifiedRelation): Link[];
  /** Foreign keys that carry the tenant, and are not checked where it is NULL. */
  skipped(known: ClassifiedRelation): Link[];
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
  const lookups = lookupsIn(snapshot.functions);
  return {
    comparisons: (known) => comparisonsOf(subject, known, lookups),
    links: (known) => reachingLinks(subject, known),
    skipped: (known) => skippable(subject, known),
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
