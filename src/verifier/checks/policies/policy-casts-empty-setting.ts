import type { Node } from 'libpg-query';
import type { Check } from '../../check.js';
import { policyFaults } from '../../policy/faults.js';
import { findAll, textsOf } from '../../policy/nodes.js';
import { contextSettings } from '../../policy/reason/session.js';

export const policyCastsEmptySetting: Check = {
  id: 'policy-casts-empty-setting',
  family: 'policies',
  title: 'A policy fails with an error, and not without rows, where no tenant is set',
  severity: 'info',
  explanation:
    'A setting that was local to a transaction is an empty text afterwards, and an empty text is no uuid, number or JSON: ' +
    'the cast fails (22P02). That opens nothing. But the application then sees an error on a pooled connection and none on ' +
    "a fresh one, which invites a catch or a coalesce that does open. `nullif(current_setting(…, true), '')` gives no rows.",
  onlyUnderRls: true,
  *find(subject) {
    const names = contextSettings(subject.tenancy.config.context, subject.sql);
    yield* policyFaults(subject, (_, trees) => {
      const type = findAll(trees, 'TypeCast')
        .filter(({ arg }) => isSetting(arg, names))
        .map(({ typeName }) => textsOf(typeName?.names).at(-1) ?? '')
        .find((name) => !TEXTS.has(name));
      return type === undefined ? undefined : `casts the bare setting to ${type}`;
    });
  },
};

const TEXTS = new Set(['text', 'varchar', 'bpchar', 'name', 'citext']);

function isSetting(node: Node | undefined, names: readonly string[]): boolean {
  if (!node || !('FuncCall' in node)) return false;
  const { funcname, args } = node.FuncCall;
  const [name] = findAll(args?.[0], 'A_Const');
  return (
    textsOf(funcname).at(-1) === 'current_setting' && names.includes((name?.sval?.sval ?? '').toLowerCase())
  );
}
