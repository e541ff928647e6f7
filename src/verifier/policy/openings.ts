import type { Policy } from '../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { type Actor, bypassReason } from '../reach.js';
import { evaluate, type World } from './evaluate.js';
import { both } from './truth.js';
import { admits, admitsAll, asValue, NULL, OPAQUE, TRUE, truthOf, type Value } from './value.js';
import { type ContextState, columnsOf, otherTenant, worldOf } from './worlds.js';

/**
 * How a policy lets a row of another tenant through:
 * - always: every row, whatever tenant is asked for;
 * - ignores: rows with the right other columns, whatever tenant is asked for;
 * - unset: only while no tenant is named;
 * - null: only rows that belong to no tenant.
 */
export type How = 'always' | 'ignores' | 'unset' | 'null';

type Command = 'select' | 'insert' | 'update' | 'delete';

/** One expression of one policy that lets rows of other tenants through, for someone with the privilege to try. */
export interface Opening {
  policy: Policy;
  expression: 'using' | 'check';
  how: How;
  commands: Command[];
  /** Roles for which it holds, PUBLIC as 'public'. */
  actors: string[];
}

/** Which expression decides about the rows a command finds, and which about those it writes. */
const EXPRESSIONS: readonly (readonly [Command, 'using' | 'check'])[] = [
  ['select', 'using'],
  ['insert', 'check'],
  ['update', 'using'],
  ['update', 'check'],
  ['delete', 'using'],
];

const known = new WeakMap<ClassifiedRelation, Opening[]>();

/**
 * What the policies of a relation let through, combined as PostgreSQL does: permissive ones each open, and restrictive
 * ones for the same role and command hold them back.
 */
export function openingsOf(subject: Subject, relation: ClassifiedRelation): Opening[] {
  const found = known.get(relation) ?? findOpenings(subject, relation);
  known.set(relation, found);
  return found;
}

function findOpenings(subject: Subject, classified: ClassifiedRelation): Opening[] {
  const { relation } = classified;
  if (!relation.rowSecurity || relation.policies.length === 0) return [];
  const openings: Opening[] = [];
  for (const actor of subject.app.actors) {
    const privileges = subject.app.privilegesAs(actor, relation);
    // Whom policies do not bind, other checks name.
    if (privileges.size === 0 || bypassReason(subject.snapshot, actor.name, relation)) continue;
    const evaluateHere = evaluator(subject, classified, actor);
    for (const [command, expression] of EXPRESSIONS) {
      if (!privileges.has(command.toUpperCase())) continue;
      for (const { policy, how } of judge(classified, actor, command, expression, evaluateHere)) {
        add(openings, { policy, expression, how, commands: [command], actors: [actor.name] });
      }
    }
  }
  return openings;
}

function add(openings: Opening[], opening: Opening): void {
  const { policy, expression, how } = opening;
  const same = openings.find((o) => o.policy === policy && o.expression === expression && o.how === how);
  if (!same) openings.push(opening);
  else {
    same.commands = [...new Set([...same.commands, ...opening.commands])];
    same.actors = [...new Set([...same.actors, ...opening.actors])];
  }
}

/** Looks at each expression of each policy once per circumstance, however many commands it stands for. */
type Evaluate = (
  policy: Policy,
  expression: 'using' | 'check',
  context: ContextState,
  tenant: Value,
) => Value;

function judge(
  classified: ClassifiedRelation,
  actor: Actor,
  command: Command,
  expression: 'using' | 'check',
  evaluateHere: Evaluate,
): { policy: Policy; how: How }[] {
  const applying = classified.relation.policies.filter(
    (policy) =>
      (policy.command === 'all' || policy.command === command) &&
      policy.roles.some((role) => role === 'public' || actor.inherits.has(role)),
  );
  // A policy without WITH CHECK is judged by its USING, which is reported already.
  const permissive = applying.filter((policy) => policy.permissive && policy[expression] !== undefined);
  const floor = applying.filter((policy) => !policy.permissive);
  return permissive.flatMap((policy) => {
    const value = (context: ContextState, tenant: Value): Value =>
      asValue(
        both([policy, ...floor].map((each) => truthOf(evaluateHere(each, expression, context, tenant)))),
      );
    const how = classify(classified, value);
    return how ? [{ policy, how }] : [];
  });
}

function classify(
  classified: ClassifiedRelation,
  value: (context: ContextState, tenant: Value) => Value,
): How | undefined {
  const other = otherTenant(classified);
  const whenSet = value('set', other);
  if (admitsAll(whenSet)) return 'always';
  if (admits(whenSet)) return 'ignores';
  if (admits(value('unset', other)) || admits(value('empty', other))) return 'unset';
  const column = classified.relation.columns.find((candidate) => candidate.name === classified.tenantColumn);
  const states: ContextState[] = ['set', 'unset', 'empty'];
  const nullable = column !== undefined && !column.notNull;
  return nullable && states.some((state) => admits(value(state, NULL))) ? 'null' : undefined;
}

/** What a policy comes to on its own, for a row of another tenant and a session that named its tenant. */
export function evaluatePolicy(subject: Subject, classified: ClassifiedRelation, policy: Policy): Value {
  const nobody: Actor = { name: 'public', inherits: new Set() };
  const expression = policy.using === undefined ? 'check' : 'using';
  return evaluator(subject, classified, nobody)(policy, expression, 'set', otherTenant(classified));
}

function evaluator(subject: Subject, classified: ClassifiedRelation, actor: Actor): Evaluate {
  const worlds = new Map<string, World>();
  const values = new Map<string, Value>();
  const worldIn = (context: ContextState, tenant: Value): World =>
    remember(worlds, `${context} ${tenant.kind}`, () =>
      worldOf(subject, classified.relation, {
        context,
        currentUser: actor.name === 'public' ? undefined : actor.name,
        sessionUser: subject.app.role?.name,
        column: columnsOf(classified, tenant),
      }),
    );
  return (policy, expression, context, tenant) => {
    const text = expression === 'check' ? (policy.check ?? policy.using) : policy.using;
    // A policy that does not have the expression does not restrict by it: FOR INSERT has no USING.
    if (text === undefined) return TRUE;
    return remember(values, `${context} ${tenant.kind} ${text}`, () => {
      const tree = subject.sql.expression(text);
      return tree ? evaluate(tree, worldIn(context, tenant)) : OPAQUE;
    });
  };
}

function remember<T>(known: Map<string, T>, key: string, work: () => T): T {
  const found = known.get(key) ?? work();
  known.set(key, found);
  return found;
}
