/** The seed of this run, printed so that a failure can be repeated: CHAOS_SEED=… npm run test:chaos. */
export function seedOfRun(): number {
  const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000_007);
  process.stdout.write(`CHAOS_SEED=${seed}\n`);
  return seed;
}

/** Numbers from 0 to 1 (exclusive) that follow from the seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
