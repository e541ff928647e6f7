import pg from 'pg';

/** The same server, another database (and, where given, another login). */
export function urlFor(
  serverUrl: string,
  database: string,
  login?: { role: string; password: string },
): string {
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  if (login) {
    url.username = encodeURIComponent(login.role);
    url.password = encodeURIComponent(login.password);
  }
  return url.href;
}

/** Lends a connection for the duration of `use`. */
export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'tenantctl-test' });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Names begin with this; `dropTestDatabases` finds them by it. */
export function databasePrefix(runId: string): string {
  return `tctl_test_${runId}_`;
}

/** Removes what a run left on a server that is not its own. */
export async function dropTestDatabases(serverUrl: string, runId: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [databasePrefix(runId)],
    );
    for (const { datname } of rows) {
      await client.query(`DROP DATABASE ${client.escapeIdentifier(datname)} WITH (FORCE)`);
    }
  });
}
