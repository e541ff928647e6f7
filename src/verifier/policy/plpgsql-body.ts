/** A piece of SQL within a PL/pgSQL function, as a statement. */
export interface Piece {
  query: string;
  /** condition: IF asks it; into: what it finds goes into variables, and nowhere else yet; text: what it comes to is run as SQL. */
  role: 'condition' | 'into' | 'text' | 'other';
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
  return Object.entries(tree).flatMap(([key, value]) => {
    if (key === 'PLpgSQL_expr') return [{ query: statementOf(value as PlpgsqlExpression), role }];
    if (!key.startsWith('PLpgSQL_stmt_dyn'))
      return piecesIn(value, key === 'sqlstmt' ? inner : (ROLES[key] ?? 'other'));
    // EXECUTE and FOR … IN EXECUTE have their text where others have a query.
    const { query, ...others } = value as { query?: unknown };
    return piecesIn({ dynquery: query, ...others });
  });
}

/** RETURN QUERY EXECUTE and OPEN … FOR EXECUTE have a dynquery. */
const ROLES: Record<string, Piece['role']> = { cond: 'condition', dynquery: 'text' };

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
