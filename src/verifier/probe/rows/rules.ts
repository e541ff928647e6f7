import type { Relation } from '../../../catalog/snapshot.js';
import { onceForText } from '../../once.js';

/** A condition that a row must meet: a CHECK constraint, a domain's, or a partition's bounds. */
export interface Rule {
  /** The constraint's name, for messages. */
  name: string;
  /** SQL over the relation's columns; a domain's over `value`. */
  expression: string;
  columns: string[];
  /** Constants that stand in it: likely values of its columns. */
  texts: string[];
  numbers: string[];
  /** The domain column whose `value` it is about. */
  domainOf?: string | undefined;
}

/** The CHECK constraints of a relation and of its columns' domains. */
export async function readRules(relation: Relation): Promise<Rule[]> {
  const rules: Rule[] = [];
  for (const { kind, name, definition } of relation.constraints) {
    if (kind === 'check') rules.push(await ruleFrom(name, definition, relation));
  }
  for (const column of relation.columns) {
    for (const definition of column.domainChecks) {
      const rule = await ruleFrom(`${column.type} of ${column.name}`, definition, relation);
      rules.push({ ...rule, columns: [column.name], domainOf: column.name });
    }
  }
  return rules;
}

/**
 * @param definition as pg_get_constraintdef writes it: `CHECK ((a > 0)) NOT VALID`
 */
export async function ruleFrom(name: string, definition: string, relation: Relation): Promise<Rule> {
  const expression = await expressionIn(definition);
  const found = await namesIn(`select ${expression}`);
  const own = new Set(relation.columns.map((column) => column.name));
  return {
    ...{ name, expression },
    columns: [...found.columns].filter((column) => own.has(column)),
    texts: [...found.texts],
    numbers: [...found.numbers],
  };
}

/** What stands in the parentheses of a constraint, with them. */
const expressionIn = onceForText(async (definition: string): Promise<string> => {
  const { scan } = await import('libpg-query');
  const { tokens } = await scan(definition);
  let depth = 0;
  const end = tokens.findIndex((token) => {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    return token.text === ')' && depth === 0;
  });
  const [start] = tokens.filter((token) => token.text === '(');
  // Offsets count bytes of UTF-8.
  return Buffer.from(definition).subarray(start?.start, tokens[end]?.end).toString();
});

/** What a query names: columns, and constants of either kind. */
export interface Names {
  columns: ReadonlySet<string>;
  texts: ReadonlySet<string>;
  numbers: ReadonlySet<string>;
}

/** What stands in a query, whatever it does with it. */
export const namesIn = onceForText(async (query: string): Promise<Names> => {
  const { parse } = await import('libpg-query');
  const found = { columns: new Set<string>(), texts: new Set<string>(), numbers: new Set<string>() };
  collect(await parse(query), found);
  return found;
});

/** Walks a parse tree as plain data: what matters is the same in every kind of node. */
function collect(node: unknown, found: Record<keyof Names, Set<string>>): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [kind, child] of Object.entries(node)) {
    if (kind === 'ColumnRef') {
      const last = (child as { fields?: { String?: { sval?: string } }[] }).fields?.at(-1)?.String?.sval;
      if (last !== undefined) found.columns.add(last);
    } else if (kind === 'A_Const') {
      const { sval, ival, fval } = child as {
        sval?: { sval?: string };
        ival?: { ival?: number };
        fval?: { fval?: string };
      };
      if (sval) found.texts.add(sval.sval ?? '');
      // Protocol buffers leave a zero out.
      if (ival) found.numbers.add(String(ival.ival ?? 0));
      if (fval?.fval !== undefined) found.numbers.add(fval.fval);
    } else if (kind !== 'typeName') {
      collect(child, found);
    }
  }
}
