/** A type as the parser reads it: 'character varying(40)[]' is varchar, [40], array. */
export interface TypeName {
  /** PostgreSQL's internal name, without schema: int4, varchar, timestamptz; an extension's own: citext. */
  name: string;
  /** Type modifiers: a length, a precision and scale. */
  modifiers: number[];
  array: boolean;
}

const known = new Map<string, TypeName>();

/** Reads what format_type wrote, by PostgreSQL's own grammar. */
export async function parseType(type: string): Promise<TypeName> {
  const cached = known.get(type);
  if (cached) return cached;
  const { parse } = await import('libpg-query');
  const { stmts } = await parse(`select null::${type}`);
  const statement = stmts?.[0]?.stmt;
  const target = statement && 'SelectStmt' in statement ? statement.SelectStmt.targetList?.[0] : undefined;
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  const parsed = value && 'TypeCast' in value ? value.TypeCast.typeName : undefined;
  const last = parsed?.names?.at(-1);
  const result = {
    name: last && 'String' in last ? (last.String.sval ?? '') : '',
    modifiers: (parsed?.typmods ?? []).flatMap((node) =>
      'A_Const' in node && node.A_Const.ival ? [node.A_Const.ival.ival ?? 0] : [],
    ),
    array: (parsed?.arrayBounds ?? []).length > 0,
  };
  known.set(type, result);
  return result;
}
