import type { Node } from 'libpg-query';
import type { DatabaseFunction, Relation } from '../../catalog/snapshot.js';
import type { ContextConfig } from '../../tenancy/config.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { evaluate, type World } from './evaluate.js';
import { findAll, textsOf } from './nodes.js';
import type { SqlParser } from './parse.js';
import { ERROR, FREE, NULL, OPAQUE, type Value } from './value.js';

/** How the session names its tenant: properly, never, or by '' (what a setting becomes after a pooled transaction). */
export type ContextState = 'set' | 'unset' | 'empty';

export interface Circumstances {
  context: ContextState;
  /** Who the statement runs as; undefined where no app role is known. */
  currentUser: string | undefined;
  sessionUser: string | undefined;
  column: World['column'];
  /** In the text of a function a bare name may be a user's function; in what the catalog writes it never is. */
  bareNames?: boolean;
}

/** A world in which functions written in SQL are looked into, and everything else a user made is opaque. */
export function worldOf(subject: Subject, relation: Relation, circumstances: Circumstances): World {
  const { context } = subject.tenancy.config;
  const bySetting = 'setting' in context;
  const settings = contextSettings(context, subject.sql);
  const user = (name: string | undefined): Value =>
    bySetting && name !== undefined ? { kind: 'known', value: name } : OPAQUE;
  const world: World = {
    column: circumstances.column,
    setting: (name, missingOk) => {
      if (!settings.includes(name.toLowerCase())) return OPAQUE;
      if (circumstances.context === 'set') return bySetting ? { kind: 'asked' } : OPAQUE;
      if (circumstances.context === 'empty') return { kind: 'known', value: '' };
      return missingOk ? NULL : ERROR;
    },
    user: (which) => user(which === 'session' ? circumstances.sessionUser : circumstances.currentUser),
    call: (parts, values) => {
      const candidates = functionsNamed(subject, parts, circumstances.bareNames ?? false);
      if (candidates.length === 0) return parts.length > 1 && parts[0] !== 'pg_catalog' ? OPAQUE : undefined;
      const body = sqlBody(subject, candidates, values.length);
      if (!body) return OPAQUE;
      return evaluate(body.expression, {
        ...world,
        parameter: (number) => values[number - 1] ?? OPAQUE,
        column: (names) => values[body.parameters.indexOf(names.at(-1) ?? '')] ?? OPAQUE,
      });
    },
    parameter: () => OPAQUE,
    subquery: (node) => (isUnrelated(node, relation) ? FREE : OPAQUE),
  };
  return world;
}

/** The columns of one relation, for a row of another tenant; `tenant` is the value of its tenant column. */
export function columnsOf(known: ClassifiedRelation, tenant: Value): World['column'] {
  const nullable = new Map(known.relation.columns.map((column) => [column.name, !column.notNull]));
  return (parts) => {
    const name = parts.at(-1) ?? '';
    if (name === known.tenantColumn) return tenant;
    return { kind: 'free', nullable: nullable.get(name) ?? true };
  };
}

/** The key of another tenant, in the type of the tenant column. */
export function otherTenant(known: ClassifiedRelation): Value {
  const type = known.relation.columns.find((column) => column.name === known.tenantColumn)?.baseType ?? '';
  return { kind: 'own', text: type.startsWith('text') || type.startsWith('character') };
}

/** The settings that carry the context, in lower case, as PostgreSQL compares their names. */
export function contextSettings(context: ContextConfig, sql: SqlParser): string[] {
  if ('setting' in context) return [context.setting.toLowerCase()];
  return context.sql
    .flatMap((statement) => sql.statements(statement) ?? [])
    .flatMap((tree) => [
      ...findAll(tree, 'VariableSetStmt').map((set) => set.name ?? ''),
      ...findAll(tree, 'FuncCall')
        .filter((call) => textsOf(call.funcname).at(-1) === 'set_config')
        .flatMap((call) => findAll(call.args?.[0], 'A_Const').map((name) => name.sval?.sval ?? '')),
    ])
    .map((name) => name.toLowerCase());
}

function functionsNamed(subject: Subject, parts: readonly string[], bare: boolean): DatabaseFunction[] {
  const [schema, name] = parts.length > 1 ? parts : [undefined, parts[0]];
  if (schema === undefined && !bare) return [];
  return subject.snapshot.functions.filter(
    (fn) => fn.name === name && (schema === undefined || fn.schema === schema),
  );
}

/** A function of one SELECT without FROM, in its place the expression that it returns. */
function sqlBody(
  subject: Subject,
  candidates: readonly DatabaseFunction[],
  count: number,
): { expression: Node; parameters: string[] } | undefined {
  const [fn, ...others] = candidates.filter((candidate) => candidate.argumentNames.length === count);
  if (!fn || others.length > 0 || fn.language !== 'sql') return undefined;
  const last = subject.sql.functionBody(fn.source)?.at(-1);
  const select = last && 'SelectStmt' in last ? last.SelectStmt : undefined;
  const [target] = select?.targetList ?? [];
  if (!select || select.fromClause || select.whereClause || select.larg) return undefined;
  if (!target || !('ResTarget' in target) || !target.ResTarget.val) return undefined;
  return { expression: target.ResTarget.val, parameters: fn.argumentNames };
}

/**
 * Whether a condition's subquery asks for anything that has to do with the row or the session: where it does not, what it
 * answers for one row, it answers for all. Comparing the row's own column with it is another matter.
 */
function isUnrelated(node: Node, relation: Relation): boolean {
  if (!('SubLink' in node) || node.SubLink.subLinkType !== 'EXISTS_SUBLINK') return false;
  const tables = findAll(node, 'RangeVar').map((table) => table.alias?.aliasname ?? table.relname);
  if (findAll(node, 'FuncCall').length > 0 || findAll(node, 'SQLValueFunction').length > 0) return false;
  return findAll(node, 'ColumnRef').every(({ fields }) => {
    const parts = textsOf(fields);
    return parts.length < 2 || parts.at(-2) !== relation.name || tables.includes(relation.name);
  });
}
