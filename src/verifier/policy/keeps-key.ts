import type { Node } from 'libpg-query';
import type { Column } from '../../catalog/snapshot.js';
import { textsOf } from './nodes.js';
import { keepsKeysApart } from './reason/cast.js';
import { typeNamed, typeOfColumn } from './reason/types.js';

/** Functions whose result still tells what they were given. */
const TELLING = [
  'concat',
  'concat_ws',
  'format',
  'md5',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'jsonb_build_array',
];

/** Whether an expression is different for any two keys: the column itself, cast without loss, or put together with more. */
export function keepsKey(tree: Node, key: Column): boolean {
  const keeps = (node: Node | undefined) => node !== undefined && keepsKey(node, key);
  if ('ColumnRef' in tree) return textsOf(tree.ColumnRef.fields).at(-1) === key.name;
  if ('TypeCast' in tree) {
    const { arg, typeName } = tree.TypeCast;
    return keeps(arg) && keepsKeysApart(typeOfColumn(key).name, typeNamed(typeName));
  }
  if ('A_Expr' in tree) {
    const { name, lexpr, rexpr } = tree.A_Expr;
    return textsOf(name).join('.') === '||' && (keeps(lexpr) || keeps(rexpr));
  }
  if ('CoalesceExpr' in tree) return keeps(tree.CoalesceExpr.args?.[0]);
  if ('RowExpr' in tree) return (tree.RowExpr.args ?? []).some(keeps);
  if ('A_ArrayExpr' in tree) return (tree.A_ArrayExpr.elements ?? []).some(keeps);
  if (!('FuncCall' in tree)) return false;
  const { funcname, args = [] } = tree.FuncCall;
  const names = textsOf(funcname);
  return (
    (names.length < 2 || names[0] === 'pg_catalog') &&
    TELLING.includes(names.at(-1) ?? '') &&
    args.some(keeps)
  );
}
