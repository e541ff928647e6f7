import type { Target } from '../postgres/server.js';

/** 'booking at localhost:5432 (from DATABASE_URL)': every report says which database it is about. */
export function describeTarget({ database, host, port, source, embedded }: Target): string {
  const server = embedded ? 'the embedded server' : `${host}:${port}`;
  return `${database} at ${server} (from ${source})`;
}
