import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll } from 'vitest';
import { type CliResult, runCli } from '../../support/cli.js';
import { createLogin, type TestDatabase, type TestLogin, useTestDatabase } from '../../support/database.js';
import { temporaryDirectory } from '../../support/temporary.js';

export interface BookingVerifier {
  db: TestDatabase;
  /** The application's login, a member of booking_app_access. */
  login(): TestLogin;
  /** A directory with a configuration that has these changes in `tenancy`. */
  checkout(tenancy?: Record<string, unknown>): Promise<string>;
  /** `verify-tenancy`, as the application's login. */
  verify(cwd: string, args?: string[], env?: Record<string, string>): Promise<CliResult>;
  /** Runs `use` while the first SQL is in effect; the second takes it back. */
  planted<T>(plant: string, undo: string, use: () => Promise<T>): Promise<T>;
}

/** The booking platform with rows in it, for runs of the built CLI. */
export function useBookingVerifier(): BookingVerifier {
  const db = useTestDatabase({ template: 'booking-seeded' });
  let made: TestLogin | undefined;
  beforeAll(async () => {
    made = await createLogin(db, 'app', { memberOf: ['booking_app_access'] });
  });
  const login = () => {
    if (!made) throw new Error('the login is made before the tests');
    return made;
  };
  return {
    db,
    login,
    checkout: async (tenancy = {}) => {
      const directory = await temporaryDirectory();
      const config = {
        tenancy: {
          ...{
            root: 'organizations',
            column: 'organization_id',
            context: { setting: 'app.organization_id' },
          },
          ...{ appRole: login().role, shared: { roles: 'reference data' }, ...tenancy },
        },
      };
      await writeFile(path.join(directory, 'tenantctl.config.json'), JSON.stringify(config));
      return directory;
    },
    verify: (cwd, args = [], env = {}) =>
      runCli(['verify-tenancy', ...args], {
        cwd,
        env: { DATABASE_URL: db.url, APP_DATABASE_URL: login().url, ...env },
      }),
    planted: async (plant, undo, use) => {
      await db.query(plant);
      try {
        return await use();
      } finally {
        await db.query(undo);
      }
    },
  };
}
