import type { Node } from 'libpg-query';
import { findAll, textsOf } from './nodes.js';

/** Stands where format() puts a name. */
const NAME = 'of_that_name';

/**
 * The query that EXECUTE format('select %I from …', …) runs, whichever name it is given; undefined where it may be another one.
 *
 * @param text the SELECT of what is run
 */
export function composedBy(
  text: Node | undefined,
  statements: (text: string) => Node[] | undefined,
): Node | undefined {
  const template = text && templateIn(text);
  // Within quotes a name may end them; %s, %L and numbered arguments are not looked into.
  if (template === undefined || template.includes('"') || template.includes(NAME)) return undefined;
  const parts = template.split('%I');
  if (parts.some((part) => part.includes('%'))) return undefined;
  const [select, ...others] = statements(parts.join(NAME)) ?? [];
  if (!select || others.length > 0 || !('SelectStmt' in select)) return undefined;
  // As a column alone it is one whatever the name: it may not be that of a function, a table, a type.
  const columns = findAll(select, 'ColumnRef').filter(({ fields }) => isName(fields));
  return columns.length === parts.length - 1 ? select : undefined;
}

const isName = (fields: readonly Node[] = []): boolean =>
  fields.length === 1 && textsOf([...fields])[0] === NAME;

function templateIn(text: Node): string | undefined {
  const targets = 'SelectStmt' in text ? text.SelectStmt.targetList : undefined;
  const [target] = targets ?? [];
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (!value || !('FuncCall' in value)) return undefined;
  const { funcname, args: [template] = [], func_variadic: isList } = value.FuncCall;
  if (isList || !['format', 'pg_catalog.format'].includes(textsOf(funcname).join('.'))) return undefined;
  return template && 'A_Const' in template ? template.A_Const.sval?.sval : undefined;
}
