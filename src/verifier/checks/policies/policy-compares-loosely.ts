import type { Node } from 'libpg-query';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check } from '../../check.js';
import { policyFaults } from '../../policy/faults.js';
import { findAll, type NodeOf, textsOf } from '../../policy/nodes.js';
import { keepsKeysApart } from '../../policy/reason/cast.js';
import { typeNamed, typeOfColumn } from '../../policy/reason/types.js';
import { tightenPolicy } from '../../policy/tenant-policy.js';
import { isTouchable } from '../../relations.js';

export const policyComparesLoosely: Check = {
  id: 'policy-compares-loosely',
  family: 'policies',
  title: 'A policy takes different tenant keys for the same',
  severity: 'warn',
  explanation:
    "Only `=` on the column's own type tells every two tenants apart. LIKE and regular expressions read wildcards in the " +
    'key (tenant a_c reads abc), a list lets one setting name several tenants, and a cast to a shorter or coarser type, or ' +
    'a nondeterministic collation, makes different keys equal. Whether that crosses depends on the keys in use.',
  onlyUnderRls: true,
  *find(subject) {
    yield* policyFaults(subject, (_, trees, known) => {
      if (!isTouchable(subject, known.relation)) return undefined;
      const [how] = findAll(trees, 'A_Expr').flatMap((node) => looseness(node, known) ?? []);
      return how && `compares ${known.tenantColumn} ${how}`;
    });
  },
  fix: tightenPolicy,
};

const PATTERNS = ['~~', '~~*', '~', '~*', '!~~', '!~~*', '!~', '!~*', '^@'];

function looseness(node: NodeOf<'A_Expr'>, known: ClassifiedRelation): string | undefined {
  const operator = textsOf(node.name).at(-1) ?? '';
  const column = known.relation.columns.find((candidate) => candidate.name === known.tenantColumn);
  const { lexpr, rexpr } = node;
  const side = [lexpr, rexpr].find((candidate) => isTenantColumn(candidate, known));
  const other = side === lexpr ? rexpr : lexpr;
  if (!side || !other || !column || findAll(other, 'FuncCall').length === 0) return undefined;
  if (PATTERNS.includes(operator)) return `by the pattern operator ${operator}`;
  if (operator !== '=') return undefined;
  const lists = findAll(other, 'FuncCall').some((call) => {
    const name = textsOf(call.funcname).at(-1) ?? '';
    return name === 'string_to_array' || name.startsWith('regexp_split_to');
  });
  if (node.kind === 'AEXPR_OP_ANY' && lists) return 'with a list cut out of a setting';
  if (!column.collationDeterministic) return 'under a nondeterministic collation';
  return castIsLossy(side, typeOfColumn(column).name)
    ? 'after a cast that makes different keys equal'
    : undefined;
}

function isTenantColumn(node: Node | undefined, known: ClassifiedRelation): boolean {
  if (!node) return false;
  if ('TypeCast' in node) return isTenantColumn(node.TypeCast.arg, known);
  return 'ColumnRef' in node && textsOf(node.ColumnRef.fields).at(-1) === known.tenantColumn;
}

function castIsLossy(node: Node, home: string): boolean {
  if (!('TypeCast' in node)) return false;
  const { arg, typeName } = node.TypeCast;
  return !keepsKeysApart(home, typeNamed(typeName)) || (arg !== undefined && castIsLossy(arg, home));
}
