import { settingsFromUrl } from '../../src/config/connection-string.js';
import type { Event } from '../../src/events.js';
import { type Database, withDatabase } from '../../src/postgres/database.js';

/** The database behind a URL, as a command hands it to an engine. */
export async function databaseAt(
  url: string,
  options: { signal?: AbortSignal; events?: Event[] } = {},
): Promise<Database> {
  const choice = {
    kind: 'server' as const,
    settings: await settingsFromUrl(url, 'the test', {}, {}),
    source: 'the test',
  };
  const onEvent = (event: Event) => void options.events?.push(event);
  // A server that is not ours to stop stays usable after this returns.
  return withDatabase(
    choice,
    { command: 'test', onEvent, signal: options.signal },
    async (database) => database,
  );
}
