import type { Node } from 'libpg-query';
import type { DatabaseFunction } from '../catalog/snapshot.js';
import { quoteName } from '../identifiers.js';
import type { Fault, Subject } from './check.js';
import { findAll, textsOf } from './policy/nodes.js';
import { tenantTables } from './relations.js';

/** `"app"."f"(a uuid, b text)`: what ALTER FUNCTION takes. */
export function signature(fn: DatabaseFunction): string {
  return `${quoteName(fn)}(${fn.arguments})`;
}

export function faultOfFunction(
  fn: DatabaseFunction,
  detail: string,
  more: Pick<Fault, 'severity'> = {},
): Fault {
  return { schema: fn.schema, object: shownName(fn), detail, ...more };
}

/** The function that a fault names. */
export function functionOf(subject: Subject, fault: Fault): DatabaseFunction | undefined {
  return subject.snapshot.functions.find(
    (fn) => fn.schema === fault.schema && shownName(fn) === fault.object,
  );
}

function shownName(fn: DatabaseFunction): string {
  return `${fn.name}(${fn.arguments})`;
}

/** The statements of a function's body; undefined where its language is not one that can be read here. */
export function bodyOf(
  subject: Subject,
  fn: DatabaseFunction,
): { statements: Node[]; dynamic: boolean } | undefined {
  const body =
    fn.language === 'plpgsql'
      ? subject.sql.plpgsql(fn.definition ?? '')
      : {
          statements: fn.language === 'sql' ? subject.sql.functionBody(fn.source) : undefined,
          dynamic: false,
        };
  if (!body?.statements) return undefined;
  const runsText = findAll(body.statements, 'FuncCall').some(({ funcname }) =>
    RUN_TEXT.has(textsOf(funcname).at(-1) ?? ''),
  );
  return { statements: body.statements, dynamic: body.dynamic || runsText };
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
export function policyFunctions(subject: Subject): DatabaseFunction[] {
  const called = new Set(
    tenantTables(subject)
      .flatMap(({ relation }) => relation.policies)
      .flatMap(({ using, check }) => [using, check])
      .flatMap((text) => (text === undefined ? [] : findAll(subject.sql.expression(text), 'FuncCall')))
      .map(({ funcname }) => JSON.stringify(textsOf(funcname))),
  );
  return subject.snapshot.functions.filter((fn) => called.has(JSON.stringify([fn.schema, fn.name])));
}

/** Whether the application sets it off: by calling it, or by writing to a table that has it as a trigger. */
export function isCallable(subject: Subject, fn: DatabaseFunction): boolean {
  if (fn.returns === 'event_trigger') return false;
  if (fn.returns !== 'trigger') return subject.app.mayExecute(fn);
  return subject.snapshot.relations.some(
    (relation) =>
      relation.triggers.some((trigger) => trigger.function === fn.oid && trigger.enabled !== 'disabled') &&
      ['INSERT', 'UPDATE', 'DELETE'].some((privilege) => subject.app.privileges(relation).has(privilege)),
  );
}
