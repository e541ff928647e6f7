import type { Node } from 'libpg-query';
import type { DatabaseFunction } from '../catalog/snapshot.js';
import { quoteName } from '../identifiers.js';
import type { Fault, Subject } from './check.js';
import { once } from './once.js';
import { findAll, textsOf } from './policy/nodes.js';
import { isChanged, tenantTables } from './relations.js';

/** `"app"."f"(a uuid, b text)`: what ALTER FUNCTION takes. */
export function signature(fn: DatabaseFunction): string {
  return `${quoteName(fn)}(${fn.arguments})`;
}

export function faultOfFunction(
  fn: DatabaseFunction,
  detail: string,
  more: Pick<Fault, 'severity' | 'undecided'> = {},
): Fault {
  return { schema: fn.schema, object: shownName(fn), detail, ...more };
}

/** The function that a fault names. */
export function functionOf(subject: Subject, fault: Fault): DatabaseFunction | undefined {
  return subject.snapshot.functions.find(
    (fn) => fn.schema === fault.schema && shownName(fn) === fault.object,
  );
}

/** `f(a uuid, b text)`: how a finding names it. */
export function shownName(fn: DatabaseFunction): string {
  return `${fn.name}(${fn.arguments})`;
}

/** What a function does. */
export interface FunctionBody {
  statements: Node[];
  dynamic: boolean;
  /** Whether what a statement finds or changes may hang on a condition that asks who calls. */
  isGuarded(statement: Node): boolean;
}

/** The statements of a function's body; undefined where its language is not one that can be read here. */
export function bodyOf(subject: Subject, fn: DatabaseFunction): FunctionBody | undefined {
  const body = fn.language === 'plpgsql' ? plpgsqlBody(subject, fn) : sqlBody(subject, fn);
  if (!body) return undefined;
  const runsText = findAll(body.statements, 'FuncCall').some(({ funcname }) =>
    RUN_TEXT.has(textsOf(funcname).at(-1) ?? ''),
  );
  return { ...body, dynamic: body.dynamic || runsText };
}

function sqlBody(subject: Subject, fn: DatabaseFunction): FunctionBody | undefined {
  const statements = fn.language === 'sql' ? subject.sql.functionBody(fn.source) : undefined;
  return statements && { statements, dynamic: false, isGuarded: () => false };
}

/** An IF guards what comes after it: it may have left the function. Rows in a variable are not handed out yet. */
function plpgsqlBody(subject: Subject, fn: DatabaseFunction): FunctionBody | undefined {
  const body = subject.sql.plpgsql(fn.definition ?? '');
  if (!body) return undefined;
  const { steps, variables, dynamic } = body;
  const guard = steps.findIndex(
    ({ role, statement }) => role === 'condition' && asksWhoCalls(subject, statement, variables),
  );
  const isHeld = ({ role }: (typeof steps)[number], index: number) =>
    guard >= 0 && (index > guard || role === 'into');
  const open = new Set(steps.filter((step, index) => !isHeld(step, index)).map(({ statement }) => statement));
  return {
    statements: steps.map(({ statement }) => statement),
    dynamic,
    isGuarded: (statement) => !open.has(statement),
  };
}

/** By a query, a setting, a function of the database's own, or what one of these left in a variable; IS NULL is too little. */
function asksWhoCalls(subject: Subject, condition: Node, variables: ReadonlySet<string>): boolean {
  const ofOwn = new Set(
    subject.snapshot.functions.filter(({ extension }) => extension === undefined).map(({ name }) => name),
  );
  const isAsked = (tree: unknown) =>
    findAll(tree, 'SubLink').length > 0 ||
    findAll(tree, 'FuncCall').some(({ funcname }) => {
      const name = textsOf(funcname).at(-1) ?? '';
      return name === 'current_setting' || ofOwn.has(name);
    }) ||
    findAll(tree, 'ColumnRef').some(({ fields }) => variables.has(textsOf(fields)[0] ?? ''));
  const parts = [...findAll(condition, 'BoolExpr').flatMap(({ args }) => args ?? [])];
  const tests = parts.length > 0 ? parts : findAll(condition, 'ResTarget').flatMap(({ val }) => val ?? []);
  return tests.some((test) => !('NullTest' in test) && !('BoolExpr' in test) && isAsked(test));
}

/** Functions that run a text as SQL, or read a table by its name. */
const RUN_TEXT = new Set([
  ...[
    'query_to_xml',
    'query_to_xml_and_xmlschema',
    'cursor_to_xml',
    'table_to_xml',
    'table_to_xml_and_xmlschema',
  ],
  ...['schema_to_xml', 'schema_to_xml_and_xmlschema', 'database_to_xml', 'database_to_xml_and_xmlschema'],
  ...['dblink', 'dblink_exec', 'ts_stat', 'crosstab', 'connectby', 'xpath_table'],
]);

/** Functions of the database's own that the policies of tenant tables call by name. */
export const policyFunctions = once((subject: Subject): readonly DatabaseFunction[] => {
  const texts = tenantTables(subject).flatMap(({ relation }) =>
    relation.policies.flatMap(({ using, check }) => [using, check].flatMap((text) => text ?? [])),
  );
  const called = new Set(
    [...new Set(texts)]
      .flatMap((text) => findAll(subject.sql.expression(text), 'FuncCall'))
      .map(({ funcname }) => JSON.stringify(textsOf(funcname))),
  );
  return subject.snapshot.functions.filter((fn) => called.has(JSON.stringify([fn.schema, fn.name])));
});

/** Whether the application sets it off: by calling it, by what calls it, or by writing to a table that has it as a trigger. */
export function isCallable(subject: Subject, fn: DatabaseFunction): boolean {
  if (fn.returns === 'event_trigger') return false;
  if (fn.returns !== 'trigger') {
    const isGranted = fn.aggregates || subject.app.usable(fn.grants).length > 0;
    return subject.app.mayExecute(fn) || (fn.embedded && isGranted);
  }
  return subject.snapshot.relations.some(
    (relation) =>
      relation.triggers.some((trigger) => trigger.function === fn.oid && trigger.enabled !== 'disabled') &&
      isChanged(subject, relation),
  );
}
