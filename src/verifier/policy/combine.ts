import type { Node } from 'libpg-query';
import type { Policy, Relation } from '../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { type Actor, bypassReason } from '../reach.js';
import { applying, type Command, type Expression, textOf } from './applying.js';
import { saysWhoIsSignedIn, settingsOf } from './context.js';
import { truthOf, Unreadable } from './reason/case.js';
import { all, any } from './reason/compare.js';
import { type Decided, decide, holdsAlways, openBecause } from './reason/decide.js';
import { evaluate } from './reason/evaluate.js';
import type { Terms } from './reason/inquiry.js';
import { isOwnCase } from './reason/integrity.js';
import { rowIn } from './reason/row.js';
import type { Role, Row, Scope } from './reason/scope.js';
import type { Settings } from './reason/session.js';
import { ERROR, type Key } from './reason/value.js';
import { callsSetter, settersIn } from './setters.js';
import { lookupsIn, signatureOf } from './signature.js';

/** What one permissive policy lets through, with the restrictive ones that hold it back. */
export interface Branch {
  policy: Policy;
  /** The text that decides: without WITH CHECK, that of USING. */
  text: string;
  decided: Decided;
}

/**
 * Decides about each permissive policy that counts for a role, a command and an expression, together with the restrictive
 * ones: PostgreSQL joins the former by OR and the latter by AND, so the whole admits what one of these branches does.
 */
export function branchesOf(
  subject: Subject,
  classified: ClassifiedRelation,
  role: Role,
  command: Command,
  expression: Expression,
): Branch[] {
  const { permissive, floor } = applying(classified.relation, role, command);
  const reader = readerOf(subject);
  const writes = expression === 'check';
  const textsOf = (policies: readonly Policy[]) => policies.flatMap((each) => textOf(each, expression) ?? []);
  return permissive.flatMap((policy) => {
    const text = textOf(policy, expression);
    if (text === undefined) return [];
    const texts = [text, ...textsOf(floor)];
    const beside = textsOf(permissive.filter((other) => other !== policy));
    return [{ policy, text, decided: reader.decide(classified, role, { texts, beside, writes }) }];
  });
}

/** Whether a policy's own expression is true for all rows, whatever the session has set. */
export function isAlwaysTrue(subject: Subject, classified: ClassifiedRelation, policy: Policy): boolean {
  const text = policy.using ?? policy.check;
  const tree = text === undefined ? undefined : subject.sql.expression(text);
  if (!tree) return false;
  const nobody: Role = { name: undefined, inherits: new Set() };
  const terms = { ...readerOf(subject).terms(classified, nobody), settings: () => new Map() };
  return holdsAlways(terms, (scope) => evaluate(tree, scope), [tree]);
}

/** What conditions are decided by that are no policies: run by somebody whom policies do not bind. */
export function freeTerms(subject: Subject, classified: ClassifiedRelation): Terms {
  const role: Role = { name: undefined, inherits: new Set() };
  return { ...readerOf(subject).terms(classified, role), readable: () => 'nothing known' };
}

export const roleOf = ({ name, inherits }: Actor): Role => ({
  name: name === 'public' ? undefined : name,
  inherits,
});

/** What is worked out once for all relations of a subject. */
interface Reader {
  terms(classified: ClassifiedRelation, role: Role): Terms;
  decide(classified: ClassifiedRelation, role: Role, asked: Asked): Decided;
}

interface Asked {
  /** The permissive policy's, and the restrictive ones'. */
  texts: readonly string[];
  /** Those of the other permissive policies: where one fails, no row comes through by any. */
  beside: readonly string[];
  writes: boolean;
}

const DEEPEST = 8;

const readers = new WeakMap<Subject, Reader>();

function readerOf(subject: Subject): Reader {
  const reader = readers.get(subject) ?? makeReader(subject);
  readers.set(subject, reader);
  return reader;
}

function makeReader(subject: Subject): Reader {
  const decisions = new Map<string, Decided>();
  const keys = new Map<string, string>();
  const lookups = lookupsIn(subject.snapshot.functions);
  const settings = new Map<string, Settings>();
  const reading = new Set<number>();
  const saysWho = saysWhoIsSignedIn(subject);

  const settingsFor = (key: Key): Settings => {
    const known = settings.get(key.home) ?? settingsOf(subject, key);
    settings.set(key.home, known);
    return known;
  };
  /** The policies of a table hold for the subqueries of others, too. */
  const readable = (relation: Relation, role: Role): 'asked only' | 'nothing known' => {
    const classified = subject.classified(relation.oid);
    // Policies that read one another's tables in a long row are not followed to its end.
    if (!classified || reading.has(relation.oid) || reading.size >= DEEPEST) return 'nothing known';
    if (role.name !== undefined && bypassReason(subject.snapshot, role.name, relation))
      return 'nothing known';
    if (!relation.rowSecurity) return 'nothing known';
    reading.add(relation.oid);
    try {
      const branches = branchesOf(subject, classified, role, 'select', 'using');
      const isClosed = ({ decided: { finding } }: Branch) =>
        finding.outcome === 'proved' && finding.through.length === 0;
      return branches.every(isClosed) ? 'asked only' : 'nothing known';
    } finally {
      reading.delete(relation.oid);
    }
  };
  const shows = (row: Row, scope: Scope): boolean => {
    const { permissive, floor } = applying(row.relation, scope.role, 'select');
    const within = { ...scope, column: rowIn(row), place: row.id, queries: new Map(), bareNames: false };
    const values = (policies: readonly Policy[]) =>
      policies.flatMap(({ using }) =>
        using === undefined ? [] : [() => evaluate(subject.sql.expression(using), within)],
      );
    const shown = all([() => any(values(permissive), scope.here), ...values(floor)], scope.here);
    return shown.kind === 'const' && shown.value === true;
  };
  // What other tables inherit from shows their rows, too: that is nobody else's case.
  const heirsOf = ({ relation }: ClassifiedRelation) => (isOwnCase(relation, subject) ? relation.oid : '');
  const terms = (classified: ClassifiedRelation, role: Role): Terms => ({
    ...{ subject, classified, role, settings: settingsFor, writes: false, readable, shows },
  });
  const setters = settersIn(subject);
  return {
    terms,
    decide: (classified, role, { texts, beside, writes: isWritten }) => {
      // To find one's own rows is not to write them; where nobody is named there is no difference.
      const writes = isWritten && saysWho;
      const here = `${classified.relation.oid} ${role.name} ${writes} ${texts.join(' and ')} or ${beside.join(' or ')}`;
      const key =
        keys.get(here) ??
        `${role.name} ${writes} ${beside.length} ${heirsOf(classified)} ${signatureOf(classified, [...texts, ...beside], lookups)}`;
      keys.set(here, key);
      const known = decisions.get(key);
      if (known) return known;
      const trees = texts.map((text) => subject.sql.expression(text));
      const others = beside.map((text) => subject.sql.expression(text));
      reading.add(classified.relation.oid);
      try {
        const holds = (scope: Scope) => {
          if (scope.here.concrete && others.some((tree) => fails(tree, scope))) return ERROR;
          return all(
            trees.map((tree) => () => evaluate(tree, scope)),
            scope.here,
          );
        };
        const decided = heeding(
          callsSetter(trees, setters),
          decide({ ...terms(classified, role), writes }, holds, trees),
        );
        decisions.set(key, decided);
        return decided;
      } finally {
        reading.delete(classified.relation.oid);
      }
    },
  };
}

/** Whether it is known to fail on a concrete row: PostgreSQL may ask it first, or already as it plans. */
function fails(tree: Node | undefined, scope: Scope): boolean {
  try {
    return truthOf(evaluate(tree, scope), scope.here) === 'error';
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
}

/** What changes the setting that names the tenant may do so before it is compared. */
function heeding(setter: string | undefined, decided: Decided): Decided {
  if (setter === undefined || decided.finding.outcome !== 'proved') return decided;
  return {
    ...decided,
    finding: openBecause(`${setter}(), which may change settings`),
  };
}
