/**
 * What an engine tells while it works. The engine does not know who listens: the CLI draws a progress bar, prints a
 * line, or writes NDJSON.
 */
export type Event =
  | { kind: 'info'; text: string }
  | { kind: 'warning'; text: string }
  | { kind: 'progress'; task: string; done: number; total: number; unit: string };

export type OnEvent = (event: Event) => void;
