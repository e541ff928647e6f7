import type { Node } from 'libpg-query';

/** As much of libpg-query's tree of a PL/pgSQL function as is looked at: one key per node, its kind. */
type Statement = Record<string, unknown>;

interface Expression {
  PLpgSQL_expr?: { query?: string; parseMode?: number };
}

type Read = (text: string) => Node | undefined;

/**
 * What a function of nothing but IF and RETURN returns, as one expression: IF is CASE. undefined for anything more, such
 * as variables, assignments, exceptions.
 */
export function returnedBy(tree: unknown, read: Read): Node | undefined {
  const [fn] = (tree as { plpgsql_funcs?: Statement[] }).plpgsql_funcs ?? [];
  const made = fn?.PLpgSQL_function as { datums?: Statement[]; action?: Statement } | undefined;
  const declared = (made?.datums ?? []).some(
    (datum) => 'default_val' in ((datum.PLpgSQL_var as object) ?? {}),
  );
  const block = made?.action?.PLpgSQL_stmt_block as { body?: Statement[]; exceptions?: unknown } | undefined;
  if (!block?.body || block.exceptions !== undefined || declared) return undefined;
  return returnedByAll(block.body, read);
}

function returnedByAll([first, ...others]: readonly Statement[], read: Read): Node | undefined {
  const returned = first?.PLpgSQL_stmt_return as { expr?: Expression } | undefined;
  if (returned) return expressionOf(returned.expr, read);
  const tested = first?.PLpgSQL_stmt_if as
    | { cond?: Expression; then_body?: Statement[]; elsif_list?: unknown; else_body?: Statement[] }
    | undefined;
  if (!tested || tested.elsif_list !== undefined) return undefined;
  const expr = expressionOf(tested.cond, read);
  const result = returnedByAll([...(tested.then_body ?? []), ...others], read);
  const defresult = returnedByAll([...(tested.else_body ?? []), ...others], read);
  if (!expr || !result || !defresult) return undefined;
  return { CaseExpr: { args: [{ CaseWhen: { expr, result } }], defresult } };
}

/** RETURN of a variable has no expression; only what is one, and not an assignment, is read. */
function expressionOf(expression: Expression | undefined, read: Read): Node | undefined {
  const { query, parseMode } = expression?.PLpgSQL_expr ?? {};
  return query !== undefined && parseMode === 2 ? read(query) : undefined;
}
