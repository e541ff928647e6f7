import type { Column, Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Subject } from '../../check.js';
import type { Named } from './candidates.js';
import { evaluate } from './evaluate.js';
import { openRow, rowIn } from './row.js';
import type { Question, Role, Row, Scope } from './scope.js';
import type { ContextState, Settings } from './session.js';
import { rowsOf } from './subquery.js';
import { typeOfColumn } from './types.js';
import { type Key, NULL, type Value } from './value.js';

/** Everything that a predicate is decided by. */
export interface Terms {
  subject: Subject;
  classified: ClassifiedRelation;
  role: Role;
  settings: (key: Key) => Settings;
  writes: boolean;
  readable: Question['readable'];
  shows: Question['shows'];
}

/** A predicate, and what it is decided by. */
export interface Inquiry extends Terms {
  holds(scope: Scope): Value;
  trees: readonly unknown[];
  /** Constants found before, by relation. */
  named: Map<Relation, Named>;
}

/** The row that a question is about. */
export function ownOf({ own }: Question): Row {
  if (!own) throw new Error('a question is asked about a row');
  return own;
}

/** The question for one case: a session in one state of its context, and a row of another tenant, or of none. */
export function questionOf(
  inquiry: Inquiry,
  state: ContextState,
  here: Question['here'],
  tenantless: boolean,
): Question {
  const { subject, classified, readable, shows, writes } = inquiry;
  const home = homeOf(classified, subject);
  const asked: Key = { kind: 'key', whose: 'asked', type: home, home };
  const bySetting = 'setting' in subject.tenancy.config.context;
  const question: Question = {
    ...{ subject, state, asked, here, readable, shows, writes, evaluate, rowsOf, own: undefined, met: [] },
    ...{ settings: inquiry.settings(asked), tenants: new Map(), tables: new Map() },
    // What the context's own statements do to the role is not known.
    sessionUser: bySetting ? subject.app.role?.name : undefined,
  };
  question.own = ownRow(inquiry, question, home, tenantless);
  return question;
}

function ownRow(inquiry: Inquiry, question: Question, home: string, tenantless: boolean): Row {
  const { classified } = inquiry;
  const { relation, tenantColumn } = classified;
  const column = relation.columns.find(({ name }) => name === tenantColumn);
  const key: Value = { kind: 'key', whose: 'own', type: home, home };
  const tenant = tenantless ? NULL : column && isPlain(column) ? key : undefined;
  const row: Row = openRow(
    relation,
    classified,
    relation.name,
    tenant,
    (expression) => {
      const tree = inquiry.subject.sql.expression(expression);
      return tree && evaluate(tree, { ...scopeOf(inquiry, question, row), column: rowIn(row) });
    },
    inquiry.subject,
  );
  return row;
}

/** Under a nondeterministic collation, and in types that are not known here, different keys may be equal. */
const isPlain = (column: Column): boolean => column.collationDeterministic && !typeOfColumn(column).array;

/** The type of tenants' keys, as the relation has them. */
export function homeOf({ relation, tenantColumn }: ClassifiedRelation, { tenancy }: Subject): string {
  const own = relation.columns.find(({ name }) => name === tenantColumn);
  const column =
    own ?? tenancy.root?.relation.columns.find(({ name }) => name === tenancy.root?.tenantColumn);
  return column ? typeOfColumn(column).name : 'text';
}

/** The names of a policy's expression. */
export function scopeOf({ role }: Inquiry, question: Question, own: Row): Scope {
  return {
    ...{
      question,
      here: question.here,
      role,
      place: '',
      bareNames: false,
      temporaryFirst: false,
      anyPath: true,
      frozen: false,
      depth: 0,
    },
    column: rowIn(own),
    parameter: () => undefined,
    queries: new Map(),
  };
}
