import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { quoteIdent, quoteLiteral } from '../../src/identifiers.js';
import { migrateBooking, seedBooking } from './booking.js';
import { databasePrefix, urlFor, withClient } from './server.js';

/** `booking`: the migrated booking platform, no rows but its reference data; `booking-seeded`: with its seeds. */
export type Template = 'empty' | 'booking' | 'booking-seeded';

export interface TestDatabase {
  name: string;
  /** As the cluster's superuser. */
  url: string;
  /** A new connection as superuser; closed by `drop`. */
  client(): Promise<pg.Client>;
  /** One query on a connection of its own; the rows. */
  query<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<Row[]>;
  /** Something to do after the database is gone: dropping a role, which no object may need any more. */
  afterDrop(act: () => Promise<unknown>): void;
  /** Closes the clients, drops the database, then does what `afterDrop` was given. */
  drop(): Promise<void>;
}

export interface TestLogin {
  role: string;
  password: string;
  /** To the database it was made for. */
  url: string;
}

/** This worker's server, as superuser, in the maintenance database. */
export function serverUrl(): string {
  const urls = inject('serverUrls');
  const url = urls[Number(process.env.VITEST_POOL_ID ?? 1) - 1] ?? urls[0];
  if (url === undefined) throw new Error('no test server: is test/support/global-setup.ts configured?');
  return url;
}

/** Clones a template into a database of its own, in tens of milliseconds. */
export async function createTestDatabase(options: { template?: Template } = {}): Promise<TestDatabase> {
  const template = await ensureTemplate(options.template ?? 'empty');
  const name = uniqueName('db');
  await onServer(`CREATE DATABASE ${quoteIdent(name)} TEMPLATE ${quoteIdent(template)}`);
  const url = urlFor(serverUrl(), name);
  const clients: pg.Client[] = [];
  const afterDrop: (() => Promise<unknown>)[] = [];
  return {
    name,
    url,
    client: async () => {
      const client = new pg.Client({ connectionString: url, application_name: 'tenantctl-test' });
      // A test may end its own backend; what it then expects of the client is its business.
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    query: <Row extends pg.QueryResultRow>(sql: string, params?: unknown[]) =>
      withClient(url, async (client) => (await client.query<Row>(sql, params)).rows),
    afterDrop: (act) => afterDrop.push(act),
    drop: async () => {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await onServer(`DROP DATABASE IF EXISTS ${quoteIdent(name)} WITH (FORCE)`);
      for (const act of afterDrop) await act();
    },
  };
}

/** A database for all tests of a file: made before the first, dropped after the last. */
export function useTestDatabase(options: { template?: Template } = {}): TestDatabase {
  let made: TestDatabase | undefined;
  const database = (): TestDatabase => {
    if (!made) throw new Error('the test database exists inside hooks and tests only');
    return made;
  };
  beforeAll(async () => {
    made = await createTestDatabase(options);
  });
  afterAll(() => made?.drop());
  return {
    get name() {
      return database().name;
    },
    get url() {
      return database().url;
    },
    client: () => database().client(),
    query: (sql, params) => database().query(sql, params),
    afterDrop: (act) => database().afterDrop(act),
    drop: () => database().drop(),
  };
}

/**
 * Makes a login with a unique name, dropped with the database. Roles belong to the whole cluster.
 *
 * @param name readable beginning of the role's name
 * @param options attributes as in CREATE ROLE ('BYPASSRLS CREATEROLE'), and roles to be a member of
 */
export async function createLogin(
  database: TestDatabase,
  name: string,
  options: { attributes?: string; memberOf?: readonly string[] } = {},
): Promise<TestLogin> {
  const role = uniqueName(name);
  const password = randomBytes(12).toString('base64url');
  const groups = (options.memberOf ?? []).map(
    (group) => `GRANT ${quoteIdent(group)} TO ${quoteIdent(role)};`,
  );
  await onServer(
    `CREATE ROLE ${quoteIdent(role)} LOGIN ${options.attributes ?? ''} PASSWORD ${quoteLiteral(password)};
     ${groups.join(' ')}`,
  );
  dropRoleWith(database, role);
  return { role, password, url: urlFor(serverUrl(), database.name, { role, password }) };
}

/** Has a role that a test or a command makes dropped after the database, with its grants on shared objects. */
export function dropRoleWith(database: TestDatabase, role: string): void {
  database.afterDrop(async () => {
    const found = await withClient(serverUrl(), (client) =>
      client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]),
    );
    if (found.rowCount) await onServer(`DROP OWNED BY ${quoteIdent(role)}; DROP ROLE ${quoteIdent(role)}`);
  });
}

/** Made when first needed, once per server: a server's tests run one file after another. */
async function ensureTemplate(template: Template): Promise<string> {
  if (template === 'empty') return 'template0';
  const name = `${databasePrefix(inject('runId'))}template_${template}`;
  const found = await withClient(serverUrl(), (client) =>
    client.query('SELECT FROM pg_database WHERE datname = $1', [name]),
  );
  if (!found.rowCount) await buildTemplate(template, name);
  return name;
}

async function buildTemplate(template: 'booking' | 'booking-seeded', name: string): Promise<void> {
  const base = template === 'booking' ? 'template0' : await ensureTemplate('booking');
  const draft = uniqueName('draft');
  await onServer(`CREATE DATABASE ${quoteIdent(draft)} TEMPLATE ${quoteIdent(base)}`);
  const fill = template === 'booking' ? migrateBooking : seedBooking;
  await fill(urlFor(serverUrl(), draft));
  await onServer(`ALTER DATABASE ${quoteIdent(draft)} RENAME TO ${quoteIdent(name)}`);
}

function uniqueName(name: string): string {
  return `${databasePrefix(inject('runId'))}${name}_${randomBytes(4).toString('hex')}`;
}

async function onServer(sql: string): Promise<void> {
  await withClient(serverUrl(), (client) => client.query(sql));
}
