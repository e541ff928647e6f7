/** A piece of SQL within a PL/pgSQL function, as a statement. */
export interface Piece {
  query: string;
  /** condition: IF asks it; into: what it finds goes into variables, and nowhere else yet. */
  role: 'condition' | 'into' | 'other';
}

/** What libpg-query calls a piece of SQL within PL/pgSQL. */
interface PlpgsqlExpression {
  query: string;
  /** 0 is a statement, 2 an expression, 3 and above an assignment: a variable, := or =, an expression. */
  parseMode?: number;
}

/** Every piece of SQL in the tree of a PL/pgSQL function, wherever it stands, in the order in which it is written. */
export function piecesIn(tree: unknown, role: Piece['role'] = 'other'): Piece[] {
  if (Array.isArray(tree)) return tree.flatMap((item) => piecesIn(item, role));
  if (typeof tree !== 'object' || tree === null) return [];
  const inner = 'into' in tree ? 'into' : 'other';
  return Object.entries(tree).flatMap(([key, value]) =>
    key === 'PLpgSQL_expr'
      ? [{ query: statementOf(value as PlpgsqlExpression), role }]
      : piecesIn(value, key === 'cond' ? 'condition' : key === 'sqlstmt' ? inner : 'other'),
  );
}

/** Names of the variables that a PL/pgSQL function declares; its parameters stand in no line of it. */
export function variablesIn(tree: unknown): Set<string> {
  const [fn] =
    (tree as { plpgsql_funcs?: { PLpgSQL_function?: { datums?: object[] } }[] }).plpgsql_funcs ?? [];
  const datums = (fn?.PLpgSQL_function?.datums ?? []).flatMap(
    (datum) => Object.values(datum) as { refname?: string; lineno?: number }[],
  );
  return new Set(datums.flatMap(({ refname, lineno }) => (refname && lineno !== undefined ? [refname] : [])));
}

function statementOf({ query, parseMode = 0 }: PlpgsqlExpression): string {
  if (parseMode === 0) return query;
  return `select ${parseMode === 2 ? query : query.slice(query.indexOf('=') + 1)}`;
}
