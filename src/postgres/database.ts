import type { OnEvent } from '../events.js';
import { type Client, type ConnectionMode, withConnection } from './connect.js';
import type { Target } from './server.js';
import type { ConnectionChoice, ConnectionSettings } from './settings.js';

/** A database that connections can be had from. Engines take this where they need more than one. */
export interface Database {
  settings: ConnectionSettings;
  target: Target;
  /** Lends one connection for the duration of `use`. */
  connect<T>(use: (client: Client) => Promise<T>, mode?: ConnectionMode): Promise<T>;
  /** The same database as another login. */
  as(settings: ConnectionSettings, source: string): Database;
}

export interface DatabaseOptions {
  /** 'migrate': shown in pg_stat_activity as tenantctl/migrate. */
  command: string;
  signal?: AbortSignal | undefined;
  onEvent: OnEvent;
}

/**
 * Makes the chosen database available for the duration of `use`; an embedded server is started, and stopped when the
 * last command that uses it ends.
 *
 * @throws TenantctlError where it cannot be reached or started
 */
export async function withDatabase<T>(
  choice: ConnectionChoice,
  options: DatabaseOptions,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  if (choice.kind === 'server') return use(databaseFor(choice.settings, choice.source, false, options));
  const { acquireEmbeddedServer } = await import('./embedded/index.js');
  const server = await acquireEmbeddedServer({
    directory: choice.directory,
    scratch: choice.scratch ?? false,
    onNotice: (text) => options.onEvent({ kind: 'info', text }),
    signal: options.signal,
  });
  try {
    const { host, port, user, password, database } = server;
    const settings: ConnectionSettings = {
      ...{ host, port, user, password, database },
      ssl: { mode: 'disable' },
      connectTimeoutMs: 10_000,
    };
    return await use(databaseFor(settings, choice.source, true, options));
  } finally {
    await server.release();
  }
}

function databaseFor(
  settings: ConnectionSettings,
  source: string,
  embedded: boolean,
  options: DatabaseOptions,
): Database {
  const { host, port, database, user } = settings;
  return {
    settings,
    target: { host, port, database, user, source, embedded },
    connect: (use, mode) =>
      withConnection(
        settings,
        {
          ...mode,
          applicationName: `tenantctl/${options.command}`,
          source,
          signal: options.signal,
          onNotice: (text) => options.onEvent({ kind: 'info', text }),
        },
        use,
      ),
    as: (other, otherSource) => databaseFor(other, otherSource, embedded, options),
  };
}
