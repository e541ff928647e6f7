/** What a condition can come to for one row: PostgreSQL's three truth values, or an error. */
export type Outcome = 'true' | 'false' | 'null' | 'error';

/**
 * What is known of a condition. `may` lists every outcome that some row could have; `must` those that some row does have.
 * The rest of a row being free, both lists are equal for a plain column; of what cannot be read, nothing must be.
 */
export interface Truth {
  may: ReadonlySet<Outcome>;
  must: ReadonlySet<Outcome>;
}

const of = (may: Iterable<Outcome>, must: Iterable<Outcome>): Truth => ({
  may: new Set(may),
  must: new Set(must),
});

/** A condition that comes to the same for every row. */
export const always = (outcome: Outcome): Truth => of([outcome], [outcome]);

/** A condition on the rest of the row: there are rows of either kind. */
export function depends(nullable: boolean): Truth {
  const outcomes: Outcome[] = nullable ? ['true', 'false', 'null'] : ['true', 'false'];
  return of(outcomes, outcomes);
}

/** What cannot be said without running it. Should it raise an error instead, no row passes. */
export const UNREADABLE: Truth = of(['true', 'false', 'null'], []);

export const isAlways = ({ may }: Truth, outcome: Outcome): boolean => may.size === 1 && may.has(outcome);

/** Applies `rule` to each outcome. */
export function map({ may, must }: Truth, rule: (outcome: Outcome) => Outcome): Truth {
  const apply = (outcome: Outcome) => (outcome === 'error' ? outcome : rule(outcome));
  return of([...may].map(apply), [...must].map(apply));
}

export const negate = (truth: Truth): Truth =>
  map(truth, (outcome) => (outcome === 'null' ? 'null' : outcome === 'true' ? 'false' : 'true'));

/** Another condition for each outcome of this one: CASE, COALESCE. Each must be met by rows of its own. */
export function branch({ may, must }: Truth, next: (outcome: Outcome) => Truth): Truth {
  return of(
    [...may].flatMap((outcome) => [...next(outcome).may]),
    [...must].flatMap((outcome) => [...next(outcome).must]),
  );
}

export const both = (truths: readonly Truth[]): Truth => join(truths, 'false');
export const either = (truths: readonly Truth[]): Truth => join(truths, 'true');

/** AND is settled by one false, OR by one true; else NULL wins over the rest. */
function join(truths: readonly Truth[], settling: Outcome): Truth {
  return truths.reduce((a, b) => joinTwo(a, b, settling), always(settling === 'false' ? 'true' : 'false'));
}

function joinTwo(a: Truth, b: Truth, settling: Outcome): Truth {
  const may = new Set<Outcome>();
  for (const x of a.may)
    for (const y of b.may) for (const outcome of joined(x, y, settling)) may.add(outcome);
  const must = new Set<Outcome>();
  for (const x of a.must) {
    for (const y of b.must) {
      const [outcome, ...others] = joined(x, y, settling);
      if (outcome && others.length === 0) must.add(outcome);
    }
  }
  // One side settles it alone, whatever the other one is.
  for (const [side, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (side.must.has(settling) && !other.may.has('error')) must.add(settling);
  }
  return { may, must };
}

/** Which operand is asked first is the planner's choice, so an error may or may not be reached. */
function joined(x: Outcome, y: Outcome, settling: Outcome): Outcome[] {
  if (x === 'error' || y === 'error') {
    return x === settling || y === settling ? ['error', settling] : ['error'];
  }
  if (x === settling || y === settling) return [settling];
  return [x === 'null' || y === 'null' ? 'null' : settling === 'false' ? 'true' : 'false'];
}
