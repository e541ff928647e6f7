import type { Node, ParseResult } from 'libpg-query';
import { findAll } from './nodes.js';
import { returnedBy } from './plpgsql.js';

/** PostgreSQL's own parser; what it cannot read is undefined, never guessed at. */
export interface SqlParser {
  /** The tree of one expression, as pg_get_expr writes it. */
  expression(text: string): Node | undefined;
  /** The trees of the statements of a text. */
  statements(text: string): Node[] | undefined;
  /** The statements of an SQL function: a text of its own, or what stands in CREATE FUNCTION itself. */
  functionBody(source: string): Node[] | undefined;
  /** The statements within a PL/pgSQL function; `dynamic` where it also runs text that it puts together. */
  plpgsql(functionDefinition: string): { statements: Node[]; dynamic: boolean } | undefined;
  /** What a PL/pgSQL function of nothing but IF and RETURN returns, as one expression. */
  returned(functionDefinition: string): Node | undefined;
}

/** Loads the parser, a heavy module, and remembers what it has parsed: a thousand tables share a handful of policies. */
export async function loadSqlParser(): Promise<SqlParser> {
  const { loadModule, parseSync, parsePlPgSQLSync } = await import('libpg-query');
  await loadModule();
  const parse = remember((text: string) => parseSync(text) as ParseResult);
  const statements = (text: string) => parse(text)?.stmts?.flatMap(({ stmt }) => stmt ?? []);
  const expression = (text: string) => {
    const [select] = statements(`select ${text}`) ?? [];
    const target = select && 'SelectStmt' in select ? select.SelectStmt.targetList?.[0] : undefined;
    return target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  };
  return {
    statements,
    expression,
    returned: remember((definition: string) => returnedBy(parsePlPgSQLSync(definition), expression)),
    functionBody: (source) => statements(source) ?? bodyInStatement(statements, source),
    plpgsql: remember((definition: string) => {
      const tree = parsePlPgSQLSync(definition);
      const dynamic = JSON.stringify(tree).includes('"PLpgSQL_stmt_dyn');
      return { dynamic, statements: queriesIn(tree).flatMap((query) => statements(query) ?? []) };
    }),
  };
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
  return 'SelectStmt' in node || 'InsertStmt' in node || 'UpdateStmt' in node || 'DeleteStmt' in node;
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

/** What libpg-query calls a piece of SQL within PL/pgSQL. */
interface PlpgsqlExpression {
  query: string;
  /** 0 is a statement, 2 an expression, 3 and above an assignment: a variable, := or =, an expression. */
  parseMode?: number;
}

/** Every piece of SQL in the tree of a PL/pgSQL function, wherever it stands, as a statement. */
function queriesIn(tree: unknown): string[] {
  if (Array.isArray(tree)) return tree.flatMap(queriesIn);
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) =>
    key === 'PLpgSQL_expr' ? [statementOf(value as PlpgsqlExpression)] : queriesIn(value),
  );
}

function statementOf({ query, parseMode = 0 }: PlpgsqlExpression): string {
  if (parseMode === 0) return query;
  return `select ${parseMode === 2 ? query : query.slice(query.indexOf('=') + 1)}`;
}
