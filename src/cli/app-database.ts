import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.js';
import type { Database } from '../postgres/database.js';
import { redactor } from './output.js';

/** The application's own login: from the environment, else as create-app-role keeps it. */
export async function appDatabase(
  loaded: LoadedConfig,
  database: Database,
  appRole: string | undefined,
): Promise<Database | undefined> {
  const given = await loaded.appConnection();
  if (given) {
    redactor.add(given.password);
    return database.as(given, 'APP_DATABASE_URL');
  }
  if (appRole === undefined) return undefined;
  const [{ readCredentials, settingsFor }, { STATE_DIRECTORY }] = await Promise.all([
    import('../app-role/credentials.js'),
    import('../config/normalize.js'),
  ]);
  const directory = join(loaded.config.directory, STATE_DIRECTORY);
  const kept = await readCredentials(directory, database.target, appRole);
  if (!kept) return undefined;
  redactor.add(kept.password);
  return database.as(settingsFor(database.settings, kept), 'create-app-role');
}
