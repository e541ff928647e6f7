import type { Node, TypeName } from 'libpg-query';

/** What a PL/pgSQL function does that only computes a value. */
export interface Program {
  variables: Variable[];
  body: Step[];
}

export interface Variable {
  name: string;
  type: TypeName;
  /** Without one it is NULL at first. */
  initial: Node | undefined;
}

export type Step =
  | { kind: 'return'; value: Node }
  | { kind: 'assign'; variable: Variable; value: Node }
  | { kind: 'if'; tests: { condition: Node; body: Step[] }[]; otherwise: Step[] }
  /** RAISE EXCEPTION: the statement that called the function fails, and has no row. */
  | { kind: 'fail' }
  /** BEGIN … EXCEPTION: where anything fails, one of the handlers goes on, or the statement fails. */
  | { kind: 'try'; body: Step[]; handlers: Step[][] };

/** The parser, as far as it is needed here. */
export interface Reader {
  expression(text: string): Node | undefined;
  /** The words and signs of a text. */
  words(text: string): string[];
}

/** As much of libpg-query's tree of a PL/pgSQL function as is looked at: one key per node, its kind. */
type Tree = Record<string, unknown>;

interface Expression {
  PLpgSQL_expr?: { query?: string; parseMode?: number };
}

/** Thrown at whatever is more than computing: loops, queries, EXCEPTION blocks, records. */
class Beyond extends Error {}

/**
 * Reads a function of DECLARE, IF, RAISE, assignments, RETURN and one EXCEPTION; undefined where there is anything else in it.
 *
 * @param tree libpg-query's tree of it
 * @param source the text between the quotes of its body
 */
export function programOf(tree: unknown, source: string, reader: Reader): Program | undefined {
  const [fn] = (tree as { plpgsql_funcs?: Tree[] }).plpgsql_funcs ?? [];
  const made = fn?.PLpgSQL_function as { datums?: Tree[]; action?: Tree } | undefined;
  const block = made?.action?.PLpgSQL_stmt_block as { body?: Tree[]; exceptions?: unknown } | undefined;
  try {
    if (!block?.body || block.exceptions !== undefined) throw new Beyond();
    if (reader.words(source).some((word) => ODD.has(word.toLowerCase()))) throw new Beyond();
    const datums = (made?.datums ?? []).map((datum) => datumOf(datum, reader));
    // A variable may have the name of a parameter, which it hides.
    if (new Set(datums.map(({ name }) => name)).size < datums.length) throw new Beyond();
    const variables = datums.flatMap(({ variable }) => variable ?? []);
    const body = stepsOf(block.body, { reader, datums });
    if (count(body, 'try') > 1) throw new Beyond();
    return { variables, body };
  } catch (error) {
    if (error instanceof Beyond) return undefined;
    throw error;
  }
}

/** Other names for a variable, other rules for names, other rules for = , what an error says: none of them stands in the tree. */
const ODD = new Set(['alias', '#', 'collate', 'sqlstate', 'sqlerrm']);

interface Surroundings {
  reader: Reader;
  /** By their numbers. */
  datums: Datum[];
}

/** A name within the function: what it declares, a parameter, or FOUND. */
interface Datum {
  name: string;
  variable: Variable | undefined;
}

function datumOf(datum: Tree, { expression }: Reader): Datum {
  const [kind = ''] = Object.keys(datum);
  const held = datum[kind] as Tree;
  const name = String(held.refname);
  // What is declared stands in a line of the text.
  if (held.lineno === undefined && kind === 'PLpgSQL_var') return { name, variable: undefined };
  const { notnull, cursor_explicit_expr: cursor, default_val: initial } = held;
  const { PLpgSQL_type: spelled } = (held.datatype ?? {}) as { PLpgSQL_type?: { typname?: string } };
  const asCast = expression(`NULL::${spelled?.typname}`);
  const type = asCast && 'TypeCast' in asCast ? asCast.TypeCast.typeName : undefined;
  // Of a limited type, assigning is not casting: it fails where a cast cuts off.
  const isPlain = kind === 'PLpgSQL_var' && !notnull && !cursor && type && !type.typmods;
  if (!isPlain) throw new Beyond();
  return { name, variable: { name, type, initial: initial ? read(initial, expression) : undefined } };
}

function stepsOf(statements: readonly Tree[], around: Surroundings): Step[] {
  return statements.flatMap((statement) => stepOf(statement, around) ?? []);
}

function stepOf(statement: Tree, around: Surroundings): Step | undefined {
  const { expression } = around.reader;
  const [kind = ''] = Object.keys(statement);
  const held = statement[kind] as Tree;
  switch (kind) {
    case 'PLpgSQL_stmt_return':
      // One that stands in no line is libpg-query's, for a function that comes to its end without.
      return held.lineno === undefined ? undefined : { kind: 'return', value: returned(held, around) };
    case 'PLpgSQL_stmt_assign':
      return assignment(held, around);
    case 'PLpgSQL_stmt_raise':
      return Number(held.elog_level) >= ERROR ? { kind: 'fail' } : undefined;
    case 'PLpgSQL_stmt_if': {
      const alternatives = (held.elsif_list as Tree[] | undefined) ?? [];
      const others = alternatives.map((each) => each.PLpgSQL_if_elsif as Tree);
      const tests = [{ cond: held.cond, stmts: held.then_body }, ...others].map(({ cond, stmts }) => ({
        condition: read(cond, expression),
        body: stepsOf((stmts as Tree[] | undefined) ?? [], around),
      }));
      return { kind: 'if', tests, otherwise: stepsOf((held.else_body as Tree[] | undefined) ?? [], around) };
    }
    case 'PLpgSQL_stmt_block':
      return attempted(held, around);
    default:
      throw new Beyond();
  }
}

/** A block with handlers. What it had assigned before it failed would still be there, and how far it came is not known. */
function attempted({ body, exceptions }: Tree, around: Surroundings): Step {
  const { exc_list: list = [] } = ((exceptions as Tree | undefined)?.PLpgSQL_exception_block ?? {}) as {
    exc_list?: Tree[];
  };
  const steps = stepsOf((body as Tree[] | undefined) ?? [], around);
  if (list.length === 0 || count(steps, 'assign') > 0) throw new Beyond();
  const handlers = list.map(({ PLpgSQL_exception: one }) =>
    stepsOf((one as { action?: Tree[] }).action ?? [], around),
  );
  return { kind: 'try', body: steps, handlers };
}

const count = (steps: readonly Step[], kind: Step['kind']): number =>
  JSON.stringify(steps).split(`"kind":"${kind}"`).length - 1;

/** The level of RAISE EXCEPTION, as PostgreSQL counts them (elog.h). */
const ERROR = 21;

function assignment({ varno, expr }: Tree, { datums, reader }: Surroundings): Step {
  const variable = datums[Number(varno)]?.variable;
  const { query = '', parseMode } = (expr as Expression | undefined)?.PLpgSQL_expr ?? {};
  const [, target = '', value = ''] = /^\s*([a-z_][\w$]*)\s*:?=(.*)$/is.exec(query) ?? [];
  const read = reader.expression(value);
  // 3 is an assignment to a variable, or to an element of one.
  if (!variable || parseMode !== 3 || target.toLowerCase() !== variable.name || !read) throw new Beyond();
  return { kind: 'assign', variable, value: read };
}

/** RETURN of a variable has its number, and no expression. */
function returned({ expr, retvarno }: Tree, { reader, datums }: Surroundings): Node {
  if (expr) return read(expr, reader.expression);
  const name = typeof retvarno === 'number' ? datums[retvarno]?.name : undefined;
  if (name === undefined) throw new Beyond();
  return { ColumnRef: { fields: [{ String: { sval: name } }] } };
}

/** 2 is an expression, and no assignment or statement. */
function read(given: unknown, expression: Reader['expression']): Node {
  const { query, parseMode } = (given as Expression | undefined)?.PLpgSQL_expr ?? {};
  const tree = query !== undefined && parseMode === 2 ? expression(query) : undefined;
  if (!tree) throw new Beyond();
  return tree;
}
