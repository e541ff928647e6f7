/** Tells the milliseconds since it was started. Node's own `performance` takes a millisecond to load, and nobody else needs it. */
export function startStopwatch(): () => number {
  const started = process.hrtime.bigint();
  return () => Number(process.hrtime.bigint() - started) / 1_000_000;
}
