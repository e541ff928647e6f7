import { afterEach, expect, it } from 'vitest';
import { describeSource } from '../../src/backfill/plan.js';
import type { Event } from '../../src/events.js';
import { quoteIdent } from '../../src/identifiers.js';
import { createLogin, createTestDatabase, type TestDatabase } from '../support/database.js';
import { BEFORE, backfill, NORTE, outline, SUR, tenancyOf } from './fixture.js';

const databases: TestDatabase[] = [];
afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
});

async function withRows(sql: string): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  await database.query(sql);
  return database;
}

const PEOPLE = `
  INSERT INTO users SELECT i, NULL, 'user' || i FROM generate_series(1, 40) i;
  INSERT INTO posts SELECT i, 1 + i % 40, 'post' FROM generate_series(1, 100) i;
  INSERT INTO likes SELECT 1 + i % 40, i, 1.50 FROM generate_series(1, 100) i;`;

/** Users of both organizations already know theirs. */
const SETTLED = `
  INSERT INTO users VALUES (1, '${NORTE}', 'a'), (2, '${SUR}', 'b'), (3, NULL, 'c');
  ALTER TABLE posts ADD organization_id uuid REFERENCES organizations;`;

it('a server that only reads has no rows to be mended', async () => {
  const { url } = await withRows(BEFORE + PEOPLE);
  const standby = new URL(url);
  standby.searchParams.set('options', '-cdefault_transaction_read_only=on');
  await expect(backfill(standby.href)).rejects.toMatchObject({
    ...{ kind: 'usage', sql: { sqlstate: '25006' } },
    hint: expect.stringContaining('name the primary server'),
  });
});

it('waits for a lock on a table that it has to count, too', async () => {
  const database = await withRows(BEFORE + PEOPLE);
  const other = await database.client();
  await other.query('begin; lock table users');
  const told: string[] = [];
  const onEvent = (event: Event) => void (event.kind === 'info' && told.push(event.text));
  const filled = backfill(database.url, { tables: ['users'], tenant: NORTE, onEvent });
  await other.query('select pg_sleep(1.3); commit');
  expect(outline(await filled)).toEqual([['users', 40, 0]]);
  expect(told).toContainEqual(expect.stringMatching(/lock timeout; attempt 2 of 30 follows\.$/));
});

it('waits for a lock that is met when all is filled and only the rest is to be counted', async () => {
  const database = await withRows(`${BEFORE} ${PEOPLE}
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE UPDATE ON users FOR EACH ROW WHEN (OLD.id = 40) EXECUTE FUNCTION slow()`);
  const other = await database.client();
  const told: string[] = [];
  let locked: Promise<unknown> | undefined;
  const result = await backfill(database.url, {
    ...{ tables: ['users'], tenant: NORTE, batchSize: 100 },
    onEvent: (event) => {
      if (event.kind !== 'info') return;
      told.push(event.text);
      // Comes next after the batch.
      locked ??= other.query('begin; select pg_sleep(0.3); lock table users; select pg_sleep(1.3); commit');
    },
  });
  await locked;
  expect(outline(result)).toEqual([['users', 40, 0]]);
  expect(told).toContainEqual(expect.stringMatching(/lock timeout; attempt 2 of 30 follows\.$/));
});

it('fills users by the given tenant, then posts and likes by their foreign keys', async () => {
  const database = await withRows(BEFORE + PEOPLE);
  const users = await backfill(database.url, { tables: ['users'], tenant: NORTE });
  expect(outline(users)).toEqual([['users', 40, 0]]);
  const rest = await backfill(database.url, { tables: ['likes', 'posts'] });
  expect(outline(rest)).toEqual([
    ['posts', 100, 0],
    ['likes', 100, 0],
  ]);
  expect(rest.tables.map(({ plan }) => describeSource(plan))).toEqual([
    ['posts.user_id → users.organization_id'],
    ['likes.post_id → posts.organization_id', 'likes.user_id → users.organization_id'],
  ]);
  expect(rest.tables.map(({ added, tally }) => [added, tally.scanned, tally.already])).toEqual([
    [true, 100, 0],
    [true, 100, 0],
  ]);
  const wrong = await database.query(
    `SELECT FROM posts WHERE organization_id <> $1 UNION ALL SELECT FROM likes WHERE organization_id <> $1`,
    [NORTE],
  );
  expect(wrong).toEqual([]);
  expect(outline(await backfill(database.url))).toEqual([]);
});

it('without names fills all there is, the given tenant only where no foreign key leads away', async () => {
  const database = await withRows(`${BEFORE} ${PEOPLE}
    CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1);
    CREATE TABLE knex_migrations (id serial PRIMARY KEY, name text); INSERT INTO knex_migrations (name) VALUES ('x')`);
  const first = await backfill(database.url);
  expect(outline(first)).toEqual([
    ['users', 0, 40],
    ['posts', 0, 100],
    ['likes', 0, 100],
  ]);
  expect(first.skipped.map(({ name }) => name)).toEqual(['notes']);
  expect(first.tables.map(({ tally }) => tally.left)).toEqual([{}, { parent: 100 }, { parent: 100 }]);
  const second = await backfill(database.url, { tenant: SUR });
  expect(outline(second)).toEqual([
    ['users', 40, 0],
    ['posts', 100, 0],
    ['likes', 100, 0],
    ['notes', 1, 0],
  ]);
  expect(outline(await backfill(database.url, { tenant: SUR }))).toEqual([]);
});

it('a dry run shows the plan and changes nothing', async () => {
  const database = await withRows(BEFORE + PEOPLE);
  const result = await backfill(database.url, { dryRun: true, tenant: NORTE });
  expect(
    result.tables.map(({ plan, before }) => [plan.relation.name, plan.missing, before.unfilled]),
  ).toEqual([
    ['users', false, 40],
    ['posts', true, 100],
    ['likes', true, 100],
  ]);
  expect(await database.query(`SELECT FROM users WHERE organization_id IS NOT NULL`)).toEqual([]);
  expect(await database.query(`SELECT FROM pg_namespace WHERE nspname = 'tenantctl'`)).toEqual([]);
});

it('leaves and shows what it cannot derive: conflicts, unfilled parents, orphans, rows without a link', async () => {
  const database = await withRows(`${BEFORE} ${SETTLED}
    INSERT INTO posts VALUES (1, 1, 'x', '${NORTE}'), (2, 2, 'x', '${SUR}'), (3, 3, 'x', NULL);
    ALTER TABLE likes DROP CONSTRAINT likes_pkey, ALTER user_id DROP NOT NULL, ALTER post_id DROP NOT NULL,
      ADD id int PRIMARY KEY, DROP CONSTRAINT likes_post_id_fkey;
    INSERT INTO likes (id, user_id, post_id) VALUES
      (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 3, 3), (5, NULL, 99), (6, NULL, NULL), (7, NULL, 2), (8, 1, NULL);
    ALTER TABLE likes ADD CONSTRAINT likes_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts NOT VALID`);
  const result = await backfill(database.url, { tables: ['likes'] });
  const [likes] = result.tables;
  expect(likes?.tally.left).toEqual({ conflict: 2, parent: 1, orphan: 1, 'no-link': 1 });
  expect(likes).toMatchObject({ remaining: 5, tally: { scanned: 8, updated: 3, already: 0 } });
  expect(likes?.tally.samples).toContainEqual({
    ...{ reason: 'conflict', key: { id: '2' }, candidates: [SUR, NORTE] },
  });
  expect(
    await database.query('SELECT key, candidates FROM tenantctl.backfill_conflict ORDER BY key'),
  ).toEqual([
    { key: { id: '2' }, candidates: [SUR, NORTE] },
    { key: { id: '3' }, candidates: [NORTE, SUR] },
  ]);
  expect(
    await database.query(
      'SELECT id, organization_id AS o FROM likes WHERE organization_id IS NOT NULL ORDER BY id',
    ),
  ).toEqual([
    { id: 1, o: NORTE },
    { id: 7, o: SUR },
    { id: 8, o: NORTE },
  ]);
  // Somebody decides; what is settled is no conflict any more. A table that is named takes the constant where no link is.
  await database.query('UPDATE likes SET user_id = 2 WHERE id = 2');
  const again = await backfill(database.url, { tables: ['likes'], tenant: SUR });
  expect(again.tables[0]?.tally.left).toEqual({ conflict: 1, parent: 1, orphan: 1 });
  expect(again.tables[0]?.tally.updated).toBe(2);
  expect(await database.query('SELECT key FROM tenantctl.backfill_conflict')).toEqual([{ key: { id: '3' } }]);
});

it('follows foreign keys through tables without the column, and by several columns', async () => {
  const database = await withRows(`${BEFORE} ${SETTLED}
    CREATE TABLE shops (region text, number int, owner bigint REFERENCES users, PRIMARY KEY (region, number));
    CREATE TABLE "Sales" (at timestamptz, "No" int, region text, shop int, note json,
      PRIMARY KEY (at, "No"), FOREIGN KEY (region, shop) REFERENCES shops);
    INSERT INTO shops VALUES ('n', 1, 1), ('s', 1, 2), ('s', 2, NULL);
    INSERT INTO "Sales" SELECT now() + i * interval '1 microsecond', n, r, s, '{"a": "\\u0000"}'
      FROM generate_series(1, 50) i, (VALUES (1, 'n', 1), (2, 's', 1), (3, 's', 2), (4, 's', NULL)) v(n, r, s)`);
  const result = await backfill(database.url, { tables: ['Sales'] });
  expect(result.tables.map(({ plan }) => describeSource(plan))).toEqual([
    ['Sales.(region, shop) → shops.owner → users.organization_id'],
  ]);
  expect(result.tables[0]?.tally).toMatchObject({ scanned: 200, updated: 100, left: { 'no-link': 100 } });
  expect(
    await database.query(
      `SELECT "No", organization_id AS o, count(*)::int AS n FROM "Sales" GROUP BY 1, 2 ORDER BY 1`,
    ),
  ).toEqual([
    { No: 1, o: NORTE, n: 50 },
    { No: 2, o: SUR, n: 50 },
    { No: 3, o: null, n: 50 },
    { No: 4, o: null, n: 50 },
  ]);
});

it('goes over keys of any type in their own order, each row once', async () => {
  const keys = {
    uuid: 'gen_random_uuid()',
    text: `md5(i::text) || E'\\\\ "quoted" ''x'''`,
    'character varying(40)': `'Ä' || i`,
    numeric: 'i / 7.0',
    date: `date '2000-01-01' + i`,
    'timestamp with time zone': `timestamptz '2000-01-01 Europe/Madrid' + i * interval '1 microsecond'`,
    'double precision': 'i / 3.0',
    bytea: `decode(md5(i::text), 'hex')`,
    interval: `i * interval '1 month 1 second'`,
    'integer[]': 'array[i % 5, i]',
  };
  const tables = Object.entries(keys).map(
    (
      [type, value],
      index,
    ) => `CREATE TABLE t${index} (k ${type}, f boolean, u bigint REFERENCES users, PRIMARY KEY (k, f));
      INSERT INTO t${index} SELECT ${value}, b, 1 + i % 2 FROM generate_series(1, 20) i, (VALUES (true), (false)) v(b);`,
  );
  const database = await withRows(`${BEFORE} ${SETTLED} ${tables.join('')}`);
  const names = tables.map((_, index) => `t${index}`);
  const result = await backfill(database.url, { tables: names });
  for (const { plan, tally, remaining } of result.tables) {
    expect({ ...tally, remaining }, plan.relation.columns[0]?.type).toMatchObject({
      ...{ scanned: 40, updated: 40, already: 0, left: {}, remaining: 0 },
    });
  }
});

it('fills a partitioned table through its parent, and takes a unique index for a key', async () => {
  const database = await withRows(`${BEFORE} ${SETTLED}
    CREATE TABLE visits (id int NOT NULL, at date NOT NULL, user_id bigint REFERENCES users) PARTITION BY RANGE (at);
    CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2000-01-01') TO ('2001-01-01');
    CREATE TABLE visits_2 PARTITION OF visits DEFAULT;
    CREATE UNIQUE INDEX ON visits (id, at);
    INSERT INTO visits SELECT i, date '2000-12-01' + i, 1 + i % 2 FROM generate_series(1, 60) i`);
  expect(outline(await backfill(database.url, { tables: ['visits'] }))).toEqual([['visits', 60, 0]]);
  await expect(backfill(database.url, { tables: ['visits_1'] })).rejects.toMatchObject({
    ...{ code: 'NOT_A_TABLE', message: 'Cannot backfill visits_1: it is a partition.' },
  });
});

it('fills tables that derive from each other, in turns', async () => {
  const database = await withRows(`${BEFORE} ${SETTLED}
    CREATE TABLE accounts (id int PRIMARY KEY, owner bigint REFERENCES users);
    CREATE TABLE cards (id int PRIMARY KEY, account int REFERENCES accounts);
    ALTER TABLE accounts ADD card int REFERENCES cards;
    INSERT INTO accounts VALUES (1, 1), (2, NULL), (3, NULL), (4, NULL);
    INSERT INTO cards VALUES (1, 1), (2, 2), (3, 3);
    UPDATE accounts SET card = id - 1 WHERE id > 1`);
  const result = await backfill(database.url, { tables: ['accounts', 'cards'] });
  expect(Object.fromEntries(outline(result).map(([name, ...rest]) => [name, rest]))).toEqual({
    ...{ accounts: [4, 0], cards: [3, 0] },
  });
});

it('fills what was inserted below the cursor and beyond the end while it ran', async () => {
  const database = await withRows(BEFORE + PEOPLE);
  const writer = await database.client();
  let inserted = 0;
  const result = await backfill(database.url, {
    ...{ tables: ['users'], tenant: NORTE, batchSize: 10 },
    onEvent: (event) => {
      if (event.kind !== 'progress' || inserted >= 20) return;
      inserted += 10;
      void writer.query(`INSERT INTO users VALUES ($1, NULL, 'late'), ($2, NULL, 'later')`, [
        ...[-inserted, 1000 + inserted],
      ]);
    },
  });
  await writer.query('SELECT');
  const [left] = await database.query('SELECT count(*)::int AS n FROM users WHERE organization_id IS NULL');
  expect(left).toEqual({ n: result.tables[0]?.remaining });
  expect(result.tables[0]).toMatchObject({ remaining: 0, tally: { updated: 44 } });
});

it('an owner whom FORCE binds is told so, not shown an empty table', async () => {
  const database = await withRows(`${BEFORE} ${PEOPLE}
    ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON users USING (organization_id::text = current_setting('app.organization_id', true))`);
  const owner = await createLogin(database, 'owner');
  const me = quoteIdent(owner.role);
  await database.query(`GRANT ALL ON SCHEMA public TO ${me}; GRANT CREATE ON DATABASE ${quoteIdent(database.name)} TO ${me};
    ALTER TABLE organizations OWNER TO ${me}; ALTER TABLE users OWNER TO ${me}`);
  const users = { tables: ['users'], tenant: NORTE };
  await expect(backfill(owner.url, users)).rejects.toMatchObject({
    ...{ kind: 'privilege', hint: expect.stringContaining('BYPASSRLS') },
  });
  await database.query('ALTER TABLE users NO FORCE ROW LEVEL SECURITY');
  expect(outline(await backfill(owner.url, users))).toEqual([['users', 40, 0]]);
  await database.query('UPDATE users SET organization_id = NULL; ALTER TABLE users FORCE ROW LEVEL SECURITY');
  expect(outline(await backfill(database.url, users))).toEqual([['users', 40, 0]]);
});

it('tells which other columns triggers changed, and refuses a batch that a trigger spoils', async () => {
  const database = await withRows(`${BEFORE} ${PEOPLE}
    ALTER TABLE users ADD updated_at timestamptz DEFAULT '2000-01-01';
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.organization_id := '${SUR}'; RETURN NEW; END $$;
    CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE TRIGGER unrelated BEFORE INSERT OR UPDATE OF email ON users FOR EACH ROW EXECUTE FUNCTION nothing()`);
  const users = { tables: ['users'], tenant: NORTE };
  const result = await backfill(database.url, users);
  expect(result.tables[0]?.plan.triggers).toEqual(['touch']);
  expect(result.tables[0]?.tally).toMatchObject({ updated: 40, changed: { updated_at: 40 } });

  for (const [name, code] of [
    ['nothing', 'UPDATE_SUPPRESSED'],
    ['other', 'TENANT_OVERRIDDEN'],
  ]) {
    await database.query(`ALTER TABLE users DISABLE TRIGGER ALL; UPDATE users SET organization_id = NULL;
      CREATE TRIGGER spoiler BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION ${name}()`);
    await expect(backfill(database.url, users)).rejects.toMatchObject({ kind: 'step-failed', code });
    expect(await database.query('SELECT FROM users WHERE organization_id IS NOT NULL')).toEqual([]);
    await database.query('DROP TRIGGER spoiler ON users');
  }
});

it('goes on after a batch that failed, and says what had been done before', async () => {
  const database = await withRows(`${BEFORE} ${PEOPLE}
    ALTER TABLE users ADD CONSTRAINT one_each UNIQUE (organization_id, email);
    UPDATE users SET email = 'user1' WHERE id = 33`);
  await expect(backfill(database.url, { tenant: NORTE })).rejects.toMatchObject({
    ...{ kind: 'step-failed', code: 'BACKFILL_FAILED', partial: { tables: [] } },
    sql: { sqlstate: '23505', detail: expect.stringContaining('user1') },
  });
  const [filled] = await database.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM users WHERE organization_id IS NOT NULL',
  );
  expect(filled).toEqual({ n: 28 });
  await database.query(`UPDATE users SET email = 'user33' WHERE id = 33`);
  const result = await backfill(database.url, { tenant: NORTE });
  expect(result.tables[0]?.tally).toMatchObject({ scanned: 40, updated: 40, already: 0 });
});

it.each(['query_canceled', 'configuration_limit_exceeded'])(
  'takes smaller batches after %s',
  async (condition) => {
    const database = await withRows(`${BEFORE} ${PEOPLE}
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM set_config('test.rows', (coalesce(nullif(current_setting('test.rows', true), ''), '0')::int + 1)::text, true);
      IF current_setting('test.rows')::int > 10 THEN RAISE 'too slow' USING ERRCODE = '${condition}'; END IF;
      RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION slow()`);
    const batches: number[] = [];
    const result = await backfill(database.url, {
      ...{ tables: ['users'], tenant: NORTE, batchSize: 100 },
      onEvent: (event) => event.kind === 'progress' && batches.push(event.done),
    });
    expect(outline(result)).toEqual([['users', 40, 0]]);
    expect(batches).toEqual([10, 20, 30, 40, 40]);
  },
);

it('fills a column that is NOT NULL for new rows alone', async () => {
  const database = await withRows(`${BEFORE} ${SETTLED}
    INSERT INTO posts VALUES (1, 1, 'x'); INSERT INTO posts VALUES (2, 2, 'y');
    DO $$ BEGIN
      IF current_setting('server_version_num')::int >= 180000 THEN
        EXECUTE 'ALTER TABLE posts ADD CONSTRAINT present NOT NULL organization_id NOT VALID';
      END IF;
    END $$`);
  expect(outline(await backfill(database.url, { tables: [] }))).toEqual([
    ['users', 0, 1],
    ['posts', 2, 0],
    ['likes', 0, 0],
  ]);
});

it('refuses a column that cannot hold every tenant, instead of cutting one off', async () => {
  const database = await withRows(`
    CREATE TABLE organizations (id text PRIMARY KEY);
    INSERT INTO organizations VALUES ('caps-automotive'), ('caps');
    CREATE TABLE jobs (id int PRIMARY KEY, organization_id varchar(4)); INSERT INTO jobs VALUES (1)`);
  await expect(backfill(database.url, { tenant: 'caps-automotive' })).rejects.toMatchObject({
    ...{ kind: 'usage', code: 'TYPE_MISMATCH' },
    message:
      'Cannot backfill jobs: its organization_id is character varying(4), and organizations.id is text.',
    hint: 'ALTER TABLE "public"."jobs" ALTER COLUMN "organization_id" TYPE text USING "organization_id"::text',
  });
  await database.query(
    'ALTER TABLE "public"."jobs" ALTER COLUMN "organization_id" TYPE text USING "organization_id"::text',
  );
  expect(outline(await backfill(database.url, { tenant: 'caps-automotive' }))).toEqual([['jobs', 1, 0]]);
});

it('stops between batches when told to, and goes on from there', async () => {
  const database = await withRows(BEFORE + PEOPLE);
  const controller = new AbortController();
  const stopped = backfill(database.url, {
    ...{ tables: ['users'], tenant: NORTE, signal: controller.signal },
    onEvent: (event) => event.kind === 'progress' && event.done >= 14 && controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  const [run] = await database.query('SELECT cursor, updated::int, finished_at FROM tenantctl.backfill_run');
  expect(run).toEqual({ cursor: ['14'], updated: 14, finished_at: null });
  const result = await backfill(database.url, { tables: ['users'], tenant: NORTE });
  expect(result.tables[0]?.tally).toMatchObject({ scanned: 40, updated: 40 });
  expect(await database.query('SELECT count(*)::int AS n FROM tenantctl.backfill_run')).toEqual([{ n: 1 }]);
});

it('waits its turn for rows that others hold, and for another backfill', async () => {
  const database = await withRows(BEFORE + PEOPLE);
  const other = await database.client();
  await other.query('BEGIN; UPDATE users SET email = email WHERE id = 20');
  setTimeout(() => void other.query('COMMIT'), 1_500);
  const users = { tables: ['users'], tenant: NORTE };
  const results = await Promise.all([backfill(database.url, users), backfill(database.url, users)]);
  expect(results.map(({ tables }) => tables[0]?.tally.updated).sort()).toEqual([0, 40]);
  await expect(
    (async () => {
      await other.query(`SELECT pg_advisory_lock(x'746e7463'::int, hashtext('backfill'))`);
      await backfill(database.url, { ...users, lockWaitMs: 300 });
    })(),
  ).rejects.toMatchObject({ kind: 'retry', code: 'LOCKED' });
});

it('names what cannot be backfilled, and why', async () => {
  const database =
    await withRows(`${BEFORE} CREATE TABLE roles (id int); CREATE VIEW people AS SELECT * FROM users;
    CREATE TABLE logs (user_id bigint REFERENCES users); INSERT INTO logs VALUES (NULL)`);
  const tenancy = tenancyOf({ shared: { roles: 'reference data' } });
  for (const [tables, code] of [
    [['user'], 'NO_SUCH_TABLE'],
    [['people'], 'NOT_A_TABLE'],
    [['organizations'], 'IS_ROOT'],
    [['roles'], 'IS_SHARED'],
    [['logs'], 'NO_TABLE_KEY'],
  ] as const) {
    await expect(backfill(database.url, { tables }, tenancy), code).rejects.toMatchObject({
      kind: 'usage',
      code,
    });
  }
  for (const [tenant, cause] of [
    ['nobody', 'it is not a uuid'],
    ['30000000-0000-4000-8000-000000000003', 'organizations has no row with that id'],
  ] as const) {
    await expect(backfill(database.url, { tenant, tables: ['users'] })).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'NO_SUCH_TENANT', message: `Cannot use the tenant ${tenant}: ${cause}.` },
      hint: expect.stringContaining(`${NORTE} (norte)`),
    });
  }
});

it('reads no more than a batch for a batch, however old the statistics are', async () => {
  const database = await withRows(`${BEFORE}
    INSERT INTO users SELECT i, '${NORTE}', 'user' || i FROM generate_series(1, 20000) i;
    CREATE INDEX ON users (organization_id); ANALYZE users;
    UPDATE users SET organization_id = NULL`);
  // The planner now expects no row without an organization, and would look for those few in the index: all 20,000.
  const started = performance.now();
  const result = await backfill(database.url, { tables: ['users'], tenant: SUR, batchSize: 2000 });
  expect(outline(result)).toEqual([['users', 20_000, 0]]);
  expect(performance.now() - started).toBeLessThan(5_000);
  const [index] = await database.query<{ read: number }>(
    `SELECT idx_tup_read::int AS read FROM pg_stat_user_indexes WHERE indexrelname = 'users_organization_id_idx'`,
  );
  expect(index?.read).toBeLessThan(60_000);
});
