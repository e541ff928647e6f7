import { bool, NULL, type Term, type Value } from './value.js';

/** Thrown where a case contradicts itself: no row, and no database, is like that. */
export class Impossible extends Error {}

/** The one that is thrown: it is thrown often, and where from is nobody's business. */
export const IMPOSSIBLE = new Impossible();

/** Thrown where a concrete row leaves something open, with the reason. */
export class Unreadable extends Error {
  constructor(
    readonly why: string,
    /** Whether evaluating it cannot fail, so that OR with something true is true. */
    readonly harmless: boolean,
  ) {
    super(why);
  }
}

/**
 * One case out of all that an expression distinguishes. What is not determined is decided when it is asked for, and
 * remembered, so that one case never gives two answers to a question.
 */
export interface Case {
  /** Which of `count` possibilities holds; `about` is what it is asked of. */
  decide(question: string, count: number, about?: Value): number;
  /** What a term was found to be equal to. */
  readonly equals: Map<string, Value>;
  /** Numbers between which a term lies. */
  readonly bounds: Map<string, { low: number; high: number }>;
  /** What was decided so far. */
  readonly answers: ReadonlyMap<string, number>;
  /** Terms that decided something. */
  readonly asked: Map<string, Term>;
  /** Counts what is different each time. */
  serial: number;
  /** Whether everything is given as constants: then nothing is left to decide. */
  readonly concrete: boolean;
}

interface Decision {
  taken: number;
  count: number;
}

/**
 * Runs `work` once for each case that it distinguishes, depth first.
 *
 * @param most how many cases may be looked at
 * @returns whether those were all
 */
export function everyCase(most: number, work: (each: Case) => 'go on' | 'stop'): boolean {
  let script: number[] = [];
  for (let run = 0; run < most; run += 1) {
    const decisions: Decision[] = [];
    const known = new Map<string, number>();
    const each: Case = {
      decide: (question, count, about) => {
        if (about) note(each, about);
        const before = known.get(question);
        if (before !== undefined) return before;
        const taken = script[decisions.length] ?? 0;
        decisions.push({ taken, count });
        known.set(question, taken);
        return taken;
      },
      ...{ equals: new Map(), bounds: new Map(), answers: known, asked: new Map() },
      ...{ serial: 0, concrete: false },
    };
    if (attempt(each, work) === 'stop') return true;
    while (isExhausted(decisions.at(-1))) decisions.pop();
    const last = decisions.pop();
    if (!last) return true;
    script = [...decisions.map(({ taken }) => taken), last.taken + 1];
  }
  return false;
}

const isExhausted = (decision: Decision | undefined) =>
  decision !== undefined && decision.taken + 1 >= decision.count;

function attempt(each: Case, work: (each: Case) => 'go on' | 'stop'): 'go on' | 'stop' {
  try {
    return work(each);
  } catch (error) {
    if (error instanceof Impossible) return 'go on';
    throw error;
  }
}

function note(each: Case, about: Value): void {
  if (about.kind === 'term') each.asked.set(about.text, about);
}

/** A case in which nothing may be left open. */
export function concreteCase(): Case {
  return {
    decide: (question, _count, about) => {
      const why = about?.kind === 'term' ? (about.why ?? about.text) : question;
      throw new Unreadable(why, about?.kind === 'term' && about.harmless === true);
    },
    ...{ equals: new Map(), bounds: new Map(), answers: new Map(), asked: new Map() },
    ...{ serial: 0, concrete: true },
  };
}

/** A value of which it is known whether it is NULL. */
export function settled(value: Value, here: Case): Value {
  if (value.kind !== 'term' || !value.nullable) return value;
  return here.decide(`${value.text} is null`, 2, value) === 0 ? NULL : { ...value, nullable: false };
}

export type Truth = 'true' | 'false' | 'null' | 'error';

/** A value where a condition stands. */
export function truthOf(value: Value, here: Case): Truth {
  const known = settled(value, here);
  if (known.kind === 'null' || known.kind === 'error') return known.kind;
  if (known.kind === 'const' && typeof known.value === 'boolean') return known.value ? 'true' : 'false';
  return here.decide(`${'text' in known ? known.text : known.kind} is true`, 2, known) === 0
    ? 'true'
    : 'false';
}

/** Whether a condition lets a row through; where one fails on a concrete row, the whole query does. */
export function isMet(value: Value, here: Case): boolean {
  const truth = truthOf(value, here);
  if (truth === 'error' && here.concrete) throw new Unreadable('a condition that fails', false);
  return truth === 'true';
}

export function ofTruth(truth: Truth): Value {
  if (truth === 'null' || truth === 'error') return { kind: truth };
  return bool(truth === 'true');
}
