/** One side of a comparison. */
export interface Contestant {
  name: string;
  /** Makes everything ready, which is not measured, and returns what is. */
  prepare(): Promise<() => Promise<unknown>>;
}

/**
 * Measures two contestants in turns, each going first every other time, and prints a line: the medians, and the median of
 * the pairs' ratios, with the middle half of them in brackets. Both of a pair meet the machine in much the same state, so
 * the ratio tells more than the milliseconds do.
 *
 * @returns the ratio: below 1, `ours` is the faster one
 */
export async function compare(
  what: string,
  ours: Contestant,
  peer: Contestant,
  pairs: number,
): Promise<number> {
  const times: { ours: number; peer: number }[] = [];
  // The first pair only warms the caches.
  for (let pair = 0; pair <= pairs; pair += 1) {
    const first = pair % 2 === 0 ? await measure(ours) : undefined;
    const theirs = await measure(peer);
    times.push({ ours: first ?? (await measure(ours)), peer: theirs });
  }
  const kept = times.slice(1);
  const ratios = kept.map((pair) => pair.ours / pair.peer);
  const ms = (values: number[]) => `${quantile(values, 0.5).toFixed()} ms`;
  process.stdout.write(
    `  ${what}: ${ours.name} ${ms(kept.map((pair) => pair.ours))}, ${peer.name} ${ms(kept.map((pair) => pair.peer))}: ` +
      `${quantile(ratios, 0.5).toFixed(2)} × (${quantile(ratios, 0.25).toFixed(2)}–${quantile(ratios, 0.75).toFixed(2)}), ${pairs} pairs\n`,
  );
  return quantile(ratios, 0.5);
}

/** Milliseconds. */
async function measure(contestant: Contestant): Promise<number> {
  const run = await contestant.prepare();
  const started = performance.now();
  await run();
  return performance.now() - started;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
}
