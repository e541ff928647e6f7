import type { Node, ParseResult } from 'libpg-query';
import { composedBy } from './composed.js';
import { findAll } from './nodes.js';
import { type Program, programOf } from './plpgsql.js';
import { type Piece, piecesIn, variablesIn } from './plpgsql-body.js';

/** PostgreSQL's own parser; what it cannot read is undefined, never guessed at. */
export interface SqlParser {
  /** The tree of one expression, as pg_get_expr writes it. */
  expression(text: string): Node | undefined;
  /** The trees of the statements of a text. */
  statements(text: string): Node[] | undefined;
  /** The statements of an SQL function: a text of its own, or what stands in CREATE FUNCTION itself. */
  functionBody(source: string): Node[] | undefined;
  plpgsql(functionDefinition: string): PlpgsqlBody | undefined;
  /** What a PL/pgSQL function does that only computes a value; undefined for one that does more. */
  program(functionDefinition: string): Program | undefined;
}

export interface PlpgsqlBody {
  /** Its statements and expressions, in the order in which they are written. */
  steps: { statement: Node; role: Piece['role'] }[];
  /** Names of the variables that it declares. */
  variables: ReadonlySet<string>;
  /** It also runs text that it puts together. */
  dynamic: boolean;
  /** What that text is, names of columns apart; undefined where it may be anything. */
  composed: Node[] | undefined;
}

/** Loads the parser, a heavy module, and remembers what it has parsed: a thousand tables share a handful of policies. */
export async function loadSqlParser(): Promise<SqlParser> {
  const { loadModule, parseSync, parsePlPgSQLSync, scanSync } = await import('libpg-query');
  await loadModule();
  // Compiled by the first text that it reads: better now, while the server is asked, than when it has answered.
  parseSync("select a = nullif(current_setting('b', true), '')::uuid");
  const parse = (text: string) => (parseSync(text) as ParseResult).stmts?.flatMap(({ stmt }) => stmt ?? []);
  const statements = remember(parse);
  const expression = remember((text: string) => {
    const [select] = parse(`select ${text}`) ?? [];
    const target = select && 'SelectStmt' in select ? select.SelectStmt.targetList?.[0] : undefined;
    return target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  });
  return {
    statements,
    expression,
    program: remember((definition: string) => {
      const words = (source: string) => scanSync(source).tokens.map(({ text }) => text);
      return programOf(parsePlPgSQLSync(definition), bodyText(statements, definition), {
        expression,
        words,
      });
    }),
    functionBody: (source) => statements(source) ?? bodyInStatement(statements, source),
    plpgsql: remember((definition: string) => {
      const tree = parsePlPgSQLSync(definition);
      const pieces = piecesIn(tree);
      const texts = pieces.filter(({ role }) => role === 'text');
      const composed = texts.flatMap(({ query }) => composedBy(statements(query)?.[0], statements) ?? []);
      const steps = pieces.flatMap(({ query, role }) =>
        (statements(query) ?? []).map((statement) => ({ statement, role })),
      );
      return {
        ...{ steps, variables: variablesIn(tree), dynamic: texts.length > 0 },
        composed: composed.length === texts.length ? composed : undefined,
      };
    }),
  };
}

/** What stands between the quotes of CREATE FUNCTION … AS. */
function bodyText(statements: (text: string) => Node[] | undefined, definition: string): string {
  const [text] = findAll(statements(definition), 'DefElem')
    .filter(({ defname }) => defname === 'as')
    .flatMap(({ arg }) => findAll(arg, 'String'));
  return text?.sval ?? '';
}

/** RETURN … and BEGIN ATOMIC … END are clauses of CREATE FUNCTION (PostgreSQL 14+), and no statements by themselves. */
function bodyInStatement(
  statements: (text: string) => Node[] | undefined,
  source: string,
): Node[] | undefined {
  const tree = statements(`create function f() returns int language sql ${source}`);
  const [create] = findAll(tree, 'CreateFunctionStmt');
  if (!create) return undefined;
  const [returned] = findAll(create, 'ReturnStmt');
  if (returned?.returnval)
    return [{ SelectStmt: { targetList: [{ ResTarget: { val: returned.returnval } }] } }];
  return findAll(create.sql_body, 'List').flatMap(({ items }) => (items ?? []).filter(isStatement));
}

/** Lists stand for other things within a statement, too. */
function isStatement(node: Node): boolean {
  return ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].some((kind) => kind in node);
}

/** Caches, and turns a syntax error into undefined. */
function remember<T>(work: (text: string) => T): (text: string) => T | undefined {
  const known = new Map<string, T | undefined>();
  return (text) => {
    if (!known.has(text))
      known.set(
        text,
        attempt(() => work(text)),
      );
    return known.get(text);
  };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
