import { displayName } from '../../identifiers.js';
import { wrapped } from '../../report/blocks.js';
import type { Block } from '../../report/report.js';
import type { PolicyDecision } from '../policy/decisions.js';
import type { RelationVerdict } from '../verdict.js';

type Relations = readonly Pick<RelationVerdict, 'schema' | 'name' | 'policies'>[];

/** How many policies, one for each relation, command and expression, were decided in which way. */
export function drawPolicyCounts(relations: Relations): Block[] {
  const all = relations.flatMap(({ policies }) => policies);
  if (all.length === 0) return [];
  const count = (outcome: PolicyDecision['outcome']) => all.filter((each) => each.outcome === outcome).length;
  const counts = [
    `${count('proved')} proved`,
    ...(count('refuted') > 0 ? [`${count('refuted')} refuted`] : []),
    ...(count('unknown') > 0 ? [`${count('unknown')} unknown`] : []),
  ];
  return [{ kind: 'text', spans: [`Policies: by command, ${counts.join(', ')}.`] }];
}

/** What could not be decided by reading, said once for each reason; and on what a proof relies. What is refuted is a finding. */
export function drawPolicyNotes(relations: Relations): Block[] {
  const unknown = (isOpen: boolean) =>
    grouped(relations, ({ outcome, open, reason }) =>
      outcome === 'unknown' && open === isOpen && reason !== undefined ? [reason] : [],
    );
  const [undecided, tried] = [unknown(true), unknown(false)];
  const relied = grouped(relations, ({ through }) => through);
  if (undecided.size + tried.size + relied.size === 0) return [];
  return [
    { kind: 'heading', text: 'Policies' },
    ...[...undecided].map(([reason, where]) =>
      note(`${[...where].join(', ')}: `, `not decided, because of ${reason}.`),
    ),
    ...(undecided.size > 0 ? [wrapped(0, { text: 'Try: ', tone: 'strong' }, REMEDY)] : []),
    ...[...tried].map(([reason, where]) =>
      note(`${[...where].join(', ')}: `, `only the probe can tell, because of ${reason}.`),
    ),
    ...[...relied].map(([table, where]) =>
      note(`${[...where].join(', ')}: `, `proved, as far as ${table} names the right tenants.`),
    ),
  ];
}

/** For whatever may open a row beside the tenant: another column, a setting, the time, a function. */
const REMEDY =
  'a restrictive policy that asks for the tenant, so that nothing else opens a row; for a function, one SELECT, or PL/pgSQL ' +
  'that only computes; for a setting or a claim, to say in tenancy.context what it holds (null where no session has it), or ' +
  'in its variants; or look into it, and waive policy-undecided by its key (--verbose shows it)';

function note(...spans: string[]): Block {
  return { kind: 'text', spans, indent: 0 };
}

/** What is to be said, with the relations and commands that it is said of. */
function grouped(
  relations: Relations,
  of: (decision: PolicyDecision) => readonly string[],
): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const relation of relations) {
    const commands = new Map<string, Set<string>>();
    for (const decision of relation.policies) {
      for (const text of of(decision)) {
        commands.set(text, (commands.get(text) ?? new Set()).add(decision.command.toUpperCase()));
      }
    }
    for (const [text, names] of commands) {
      const where = `${displayName(relation)} (${[...names].join(', ')})`;
      groups.set(text, (groups.get(text) ?? new Set()).add(where));
    }
  }
  return groups;
}
