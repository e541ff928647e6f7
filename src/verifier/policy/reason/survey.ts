import type { Relation } from '../../../catalog/snapshot.js';
import { everyCase, type Truth, truthOf, Unreadable } from './case.js';
import { evaluate } from './evaluate.js';
import { type Inquiry, ownOf, questionOf, scopeOf } from './inquiry.js';
import { checksOf } from './integrity.js';
import { grantsOf, isOfTheUser, isRuledOut } from './links.js';
import { rowIn } from './row.js';
import type { Question } from './scope.js';
import type { ContextState } from './session.js';
import type { Found } from './witness.js';

/** How many cases may be looked at; there are few but where nobody would write them. */
export const MOST_CASES = 1500;
const MOST_EXAMPLES = 4;

/** What all cases come to. */
export interface Survey {
  /** Cases in which the predicate holds, and nobody gave the session access. */
  examples: Found[];
  through: Set<string>;
  /** Of those tables one in which the tenant asked for could give that access to itself. */
  bySelf: string | undefined;
  /** Whether rows come through because they name who is signed in. */
  ofUsers: boolean;
  /** Whether it holds in every case. */
  always: boolean;
  /** Why it could not be looked at as a whole. */
  stopped: string | undefined;
}

/** Looks at every case of a predicate, for a row of another tenant, or of none. */
export function survey(inquiry: Inquiry, context: ContextState, tenantless: boolean): Survey {
  const seen: Survey = {
    ...{ examples: [], through: new Set<string>(), bySelf: undefined },
    ...{ ofUsers: false, always: true, stopped: undefined },
  };
  try {
    const complete = everyCase(MOST_CASES, (here) => {
      const question = questionOf(inquiry, context, here, tenantless);
      const truth = truthIn(inquiry, question);
      if (truth !== 'true') seen.always = false;
      else if (!isForbidden(inquiry, question) && !isRuledOut(question))
        note(seen, { here, question, own: ownOf(question), tenantless });
      return seen.examples.length < MOST_EXAMPLES || seen.always ? 'go on' : 'stop';
    });
    if (!complete) seen.stopped = 'too many cases to look at';
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    seen.stopped = `${error.why}, which cannot be read here`;
  }
  return seen;
}

function note(seen: Survey, example: Found): void {
  const { through, bySelf } = example.tenantless
    ? { through: [], bySelf: undefined }
    : grantsOf(example.question);
  if (bySelf !== undefined) seen.bySelf = bySelf;
  if (through.length > 0) for (const table of through) seen.through.add(table);
  else if (!example.tenantless && isOfTheUser(example.question)) seen.ofUsers = true;
  else if (seen.examples.length < MOST_EXAMPLES) seen.examples.push(example);
}

function truthIn(inquiry: Inquiry, question: Question): Truth {
  return truthOf(inquiry.holds(scopeOf(inquiry, question, ownOf(question))), question.here);
}

/** A row that a CHECK constraint does not let in is no example. */
function isForbidden(inquiry: Inquiry, question: Question): boolean {
  const own = ownOf(question);
  const scope = scopeOf(inquiry, question, own);
  const touched = new Set([...question.here.asked.keys(), ...question.here.equals.keys()]);
  return validChecks(inquiry, own.relation)
    .filter(({ columns }) => columns.some((name) => touched.has(`${own.id}.${name}`)))
    .some(
      ({ expression }) =>
        truthOf(evaluate(expression, { ...scope, column: rowIn(own) }), question.here) === 'false',
    );
}

/** Those of domains are about a value that has no name here, and those that are not valid hold for no old row. */
function validChecks({ subject }: Inquiry, relation: Relation) {
  const valid = relation.constraints
    .filter(({ kind }) => kind === 'check')
    .every(({ validated }) => validated);
  return valid ? checksOf(relation, subject).filter(({ column }) => column === undefined) : [];
}
