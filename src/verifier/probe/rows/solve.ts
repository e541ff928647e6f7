import type { Column, Relation } from '../../../catalog/snapshot.js';
import { quoteIdent } from '../../../identifiers.js';
import type { TenantSession } from '../session/session.js';
import { takesFromSequence } from '../world/sequence-default.js';
import type { Choice } from './choices.js';
import type { Effort } from './effort.js';
import { namesIn, type Rule } from './rules.js';

/** One column with what it may hold. */
export interface Variable {
  column: Column;
  choices: Choice[];
}

/** More combinations than this are cut, from the columns that have most choices. */
const MOST_COMBINATIONS = 20_000;

/**
 * Chooses values that meet the rules. The rules are not interpreted here: the server is given every combination of the
 * choices, and answers with the first that passes, so that whatever a CHECK may say is understood as PostgreSQL does.
 *
 * @param effort whether to trust defaults, and how many of the combinations that pass to leave out: another try where
 *   a first one met a trigger
 * @returns the choice for each variable, or the reason why there is none
 */
export async function solve(
  session: TenantSession,
  relation: Relation,
  variables: readonly Variable[],
  rules: readonly Rule[],
  { solve: isNeeded, skip }: Pick<Effort, 'solve' | 'skip'>,
): Promise<Map<string, Choice> | { reason: string }> {
  const solution = new Map<string, Choice>();
  const groups = await groupByRules(relation, variables, rules);
  const solutions = await Promise.all(
    groups.map((group) =>
      group.rules.length === 0 || (!isNeeded && leavesAllOut(group))
        ? new Map(
            group.members.flatMap(({ column, choices: [first] }) =>
              first ? [[column.name, first] as const] : [],
            ),
          )
        : solveGroup(session, relation, limit(group.members), group.rules, skip),
    ),
  );
  for (const found of solutions) {
    if ('reason' in found) return found;
    for (const [name, choice] of found) solution.set(name, choice);
  }
  return solution;
}

/** Whether nothing need be said about any of its columns. */
function leavesAllOut({ members }: Group): boolean {
  return members.every(({ choices: [first] }) => first && !first.given);
}

interface Group {
  members: Variable[];
  rules: Rule[];
}

/** Columns that no rule names together are chosen apart; else the combinations would multiply. */
async function groupByRules(
  relation: Relation,
  variables: readonly Variable[],
  rules: readonly Rule[],
): Promise<Group[]> {
  const ties: Set<string>[] = rules.map((rule) => new Set(rule.columns));
  for (const column of relation.columns) {
    if (!column.generated || column.defaultExpression === undefined) continue;
    if (!ties.some((tie) => tie.has(column.name))) continue;
    const { columns } = await namesIn(`select ${column.defaultExpression}`);
    ties.push(new Set([...columns, column.name]));
  }
  const groups: { columns: Set<string>; rules: Rule[] }[] = [];
  for (const [index, tie] of ties.entries()) {
    const rule = rules[index];
    const joined = groups.filter((group) => [...tie].some((column) => group.columns.has(column)));
    const merged = {
      columns: new Set([...tie, ...joined.flatMap((group) => [...group.columns])]),
      rules: [...joined.flatMap((group) => group.rules), ...(rule ? [rule] : [])],
    };
    groups.splice(0, groups.length, ...groups.filter((group) => !joined.includes(group)), merged);
  }
  const free = variables.filter(({ column }) => !groups.some((group) => group.columns.has(column.name)));
  return [
    { members: free, rules: [] },
    ...groups.map((group) => ({
      members: variables.filter(({ column }) => group.columns.has(column.name)),
      rules: group.rules,
    })),
  ];
}

function limit(members: readonly Variable[]): Variable[] {
  const limited = members.map(({ column, choices }) => ({ column, choices: [...choices] }));
  const combinations = () => limited.reduce((product, { choices }) => product * choices.length, 1);
  while (combinations() > MOST_COMBINATIONS) {
    const longest = limited.reduce((a, b) => (b.choices.length > a.choices.length ? b : a));
    longest.choices.pop();
  }
  return limited;
}

async function solveGroup(
  session: TenantSession,
  relation: Relation,
  members: readonly Variable[],
  rules: readonly Rule[],
  skip: number,
): Promise<Map<string, Choice> | { reason: string }> {
  const names = rules.map((rule) => rule.name).join(', ');
  const query = combinations(relation, members, rules);
  // Fewer solutions than asked for: the first one again, with other random values.
  for (const offset of skip > 0 ? [skip, 0] : [0]) {
    const attempt = await session.attempt({ text: `${query.text} offset ${offset}`, values: query.values });
    if (!attempt.ok) return { reason: `${names}: ${attempt.message} (${attempt.sqlstate})` };
    const [row] = attempt.rows;
    if (!row) continue;
    return new Map(
      members.flatMap(({ column, choices }, index) => {
        const choice = choices[Number(row[index])];
        return choice ? [[column.name, choice] as const] : [];
      }),
    );
  }
  return { reason: `no value found that meets ${names}` };
}

/** Index of the choice taken, per member; what deviates least from the preferred ones first. */
function combinations(
  relation: Relation,
  members: readonly Variable[],
  rules: readonly Rule[],
): { text: string; values: (string | null)[] } {
  const values: (string | null)[] = [];
  const lists = members.map(({ column, choices }, index) => {
    const rows = choices.map((choice, at) => `(${at}, ${expressionOf(column, choice, values)})`);
    return `(values ${rows.join(', ')}) as v${index}(i, v)`;
  });
  const table = quoteIdent(relation.name);
  const inner = members.map(
    ({ column }, index) => `v${index}.i as ${at(index)}, v${index}.v as ${quoteIdent(column.name)}`,
  );
  const generated = relation.columns.filter(
    (column) => column.generated && members.some((member) => member.column.name === column.name),
  );
  const computed = generated.map(
    (column) => `, (${column.defaultExpression ?? 'null'}) as ${quoteIdent(column.name)}`,
  );
  const plain = members
    .flatMap(({ column }, index) => [
      at(index),
      ...(generated.includes(column) ? [] : [quoteIdent(column.name)]),
    ])
    .map((name) => `${table}.${name}`);
  return {
    text: `select ${members.map((_, index) => at(index)).join(', ')}
      from (select ${plain.join(', ')}${computed.join('')}
        from (select ${inner.join(', ')} from ${lists.join(', ')}) as ${table}) as ${table}
      where ${rules.map(conditionOf).join(' and ')}
      order by ${members.map((_, index) => at(index)).join(' + ')} limit 1`,
    values,
  };
}

const at = (index: number) => quoteIdent(`tenantctl choice ${index}`);

function expressionOf(column: Column, choice: Choice, values: (string | null)[]): string {
  const { baseType, defaultExpression, identity } = column;
  if (choice.given) {
    values.push(choice.value);
    return `$${values.length}::${baseType}`;
  }
  // Asked for here, a sequence would advance for nothing; any number stands for the next one.
  if (identity !== undefined || takesFromSequence(defaultExpression)) return `1::${baseType}`;
  return column.generated ? `null::${baseType}` : `(${defaultExpression ?? 'null'})::${baseType}`;
}

/** A CHECK that comes out as NULL is met. */
function conditionOf({ expression, domainOf }: Rule): string {
  if (domainOf === undefined) return `(${expression}) is not false`;
  return `(select ${expression} from (select ${quoteIdent(domainOf)} as value) as d) is not false`;
}
