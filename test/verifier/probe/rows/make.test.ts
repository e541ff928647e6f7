import { describe, expect, it } from 'vitest';
import { isolate, openShop } from '../shop.js';

const TENANT = 'tenant_id uuid NOT NULL REFERENCES tenants';
const ID = 'id uuid PRIMARY KEY DEFAULT gen_random_uuid()';

/** Of every kind of type, and with every kind of rule, that a row may have to meet. */
const WIDE = `
  CREATE TYPE mood AS ENUM ('ok', 'bad');
  CREATE DOMAIN pos AS int CHECK (VALUE > 10);
  CREATE DOMAIN slug AS text NOT NULL CHECK (VALUE ~ '^[a-z][a-z0-9-]{2,20}$');
  CREATE TABLE wide (${TENANT}, id serial PRIMARY KEY,
    m mood NOT NULL, ms mood[] NOT NULL, p pos NOT NULL, s slug, c char(2) NOT NULL, v varchar(5) NOT NULL,
    n numeric(4,2) NOT NULL CHECK (n > 1), d date NOT NULL, e date NOT NULL, CHECK (e > d), t time NOT NULL,
    ts timestamptz NOT NULL, lts timestamp NOT NULL, iv interval NOT NULL, j json NOT NULL,
    jb jsonb NOT NULL CHECK (jsonb_typeof(jb) = 'array'), i inet NOT NULL, b bytea NOT NULL, r int4range NOT NULL,
    tr tstzrange NOT NULL CHECK (NOT isempty(tr)), mr int4multirange NOT NULL,
    arr text[] NOT NULL CHECK (cardinality(arr) > 0), u uuid NOT NULL UNIQUE, x xml NOT NULL, one "char" NOT NULL,
    code text NOT NULL CHECK (length(code) = 4 AND code = upper(code)), mail text NOT NULL CHECK (mail LIKE '%@%.%'),
    kind text NOT NULL DEFAULT 'a' CHECK (kind IN ('a', 'b')), ref text CHECK ((kind = 'a') = (ref IS NOT NULL)),
    total int NOT NULL CHECK (total BETWEEN 5 AND 7), twice int GENERATED ALWAYS AS (total * 2) STORED CHECK (twice > 10),
    parent int, UNIQUE (tenant_id, v), UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, parent) REFERENCES wide (tenant_id, id), small smallint NOT NULL, big bigint NOT NULL, f float NOT NULL, money money NOT NULL,
    bits bit(3) NOT NULL, vb varbit(3) NOT NULL, at point NOT NULL, below int NOT NULL CHECK (below < -5));
  GRANT USAGE ON SEQUENCE wide_id_seq TO :app; ${isolate('wide')}`;

const TRIGGER = `
  CREATE TABLE users (${TENANT}, ${ID}, role text NOT NULL DEFAULT 'parent' CHECK (role IN ('admin', 'pro', 'parent')),
    UNIQUE (tenant_id, id));
  CREATE TABLE pros (${TENANT}, ${ID}, user_id uuid NOT NULL, FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id));
  CREATE FUNCTION only_pros() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT FROM users WHERE id = NEW.user_id AND role = 'pro') THEN RAISE EXCEPTION 'no pro'; END IF;
    RETURN NEW; END $$;
  CREATE TRIGGER only_pros BEFORE INSERT ON pros FOR EACH ROW EXECUTE FUNCTION only_pros();
  ${isolate('users')} ${isolate('pros')}`;

const CYCLE = `
  CREATE TABLE a (${TENANT}, ${ID}, b uuid, UNIQUE (tenant_id, id));
  CREATE TABLE b (${TENANT}, ${ID}, a uuid NOT NULL, UNIQUE (tenant_id, id), FOREIGN KEY (tenant_id, a) REFERENCES a (tenant_id, id));
  ALTER TABLE a ADD FOREIGN KEY (tenant_id, b) REFERENCES b (tenant_id, id);
  CREATE TABLE tree (${TENANT}, ${ID}, above uuid, UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, above) REFERENCES tree (tenant_id, id));
  ${isolate('a')} ${isolate('b')} ${isolate('tree')}`;

const DEMANDING = `
  CREATE TABLE users (${TENANT}, ${ID}, role text NOT NULL DEFAULT 'parent', UNIQUE (tenant_id, id, role));
  CREATE TABLE pros (${TENANT}, ${ID}, user_id uuid NOT NULL, role text NOT NULL GENERATED ALWAYS AS ('pro') STORED,
    UNIQUE (user_id), FOREIGN KEY (tenant_id, user_id, role) REFERENCES users (tenant_id, id, role));
  ${isolate('users')} ${isolate('pros')}`;

const MADE: [name: string, sql: string, tables: string[]][] = [
  ['types and rules of every kind', WIDE, ['wide']],
  ['a trigger that asks for a certain parent', TRIGGER, ['users', 'pros']],
  ['references in a circle, and to itself', CYCLE, ['a', 'b', 'tree']],
  ['a parent that a generated column demands, one to one', DEMANDING, ['users', 'pros']],
  [
    'an exclusion constraint',
    `CREATE EXTENSION btree_gist; CREATE TABLE bookings (${TENANT}, ${ID}, during tstzrange NOT NULL,
      EXCLUDE USING gist (tenant_id WITH =, during WITH &&)); ${isolate('bookings')}`,
    ['bookings'],
  ],
  [
    'partitions, the default one missing',
    `CREATE TABLE events (${TENANT}, at date NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE events_2001 PARTITION OF events FOR VALUES FROM ('2001-01-01') TO ('2002-01-01'); ${isolate('events')}`,
    ['events'],
  ],
  [
    'a shared parent, and keys that are not read',
    `CREATE TABLE homes (${TENANT}, ${ID}, country char(2) NOT NULL REFERENCES countries); ${isolate('homes')}`,
    ['homes'],
  ],
  [
    'a policy that asks for more than the tenant',
    `CREATE TABLE posts (${TENANT}, ${ID}, state text); ${isolate('posts')}
      CREATE POLICY r ON posts AS RESTRICTIVE USING (state = 'live') WITH CHECK (state IS NOT NULL)`,
    ['posts'],
  ],
];

describe('rows are made for', () => {
  it.each(MADE)('%s', async (_, sql, tables) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { relation, verdicts } = await shop.probe();
    expect(verdicts).toEqual({});
    for (const table of tables) {
      expect(relation(table).proofs.filter(({ form }) => form === 'blind').length).toBeGreaterThan(5);
    }
  });
});

const NOT_MADE: [name: string, sql: string, reason: RegExp][] = [
  [
    'a rule that no value meets',
    "code text NOT NULL CHECK (code = 'a' AND code = 'b')",
    /no value found that meets t_code_check/,
  ],
  [
    'a type that nobody knows',
    'shape pg_ndistinct NOT NULL',
    /no value is known for shape of type pg_ndistinct/,
  ],
  [
    'a parent that cannot be made',
    'other uuid NOT NULL REFERENCES locked',
    /no row of locked: .*row-level security/,
  ],
];

describe('it is said why rows are not made for', () => {
  it.each(NOT_MADE)('%s', async (_, column, reason) => {
    const shop = await openShop();
    await shop.plant(`CREATE TABLE locked (${TENANT}, ${ID}); ${isolate('locked')} DROP POLICY iso ON locked;
      CREATE TABLE t (${TENANT}, ${ID}, ${column}); ${isolate('t')}`);
    const { relation, verdicts, notDenied } = await shop.probe();
    expect(verdicts).toEqual({ t: 'inconclusive' });
    expect(notDenied('t')).toEqual([]);
    const omission = relation('t').omissions.find(({ required }) => required);
    expect(omission?.what).toBe('rows of two tenants');
    expect(omission?.reason).toMatch(reason);
  });

  it('a table that may only be read, and is empty', async () => {
    const shop = await openShop();
    await shop.plant('REVOKE INSERT, UPDATE, DELETE ON kids FROM :app');
    const { relation, verdicts } = await shop.probe();
    expect(verdicts).toEqual({ kids: 'inconclusive' });
    expect(relation('kids').omissions).toMatchObject([
      { reason: 'the login may not INSERT', required: true },
    ]);
  });
});

it('a row that exists serves as a template, where a trigger asks for what nothing names', async () => {
  const shop = await openShop();
  await shop.plant(`CREATE TABLE coded (${TENANT}, ${ID}, code text NOT NULL); ${isolate('coded')}
    CREATE FUNCTION checked() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.code <> 'sesame' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER checked BEFORE INSERT ON coded FOR EACH ROW EXECUTE FUNCTION checked()`);
  expect((await shop.probe()).verdicts).toEqual({ coded: 'inconclusive' });
  await shop.plant(`INSERT INTO tenants (name) VALUES ('one');
    INSERT INTO coded (tenant_id, code) SELECT id, 'sesame' FROM tenants`);
  expect((await shop.probe()).verdicts).toEqual({});
});

describe('probe.fixtures', () => {
  const table = { relation: { schema: 'public', name: 'locked' } };

  it('make the rows that cannot be derived', async () => {
    const shop = await openShop();
    await shop.plant(`CREATE TABLE locked (${TENANT}, ${ID}, code text NOT NULL); ${isolate('locked')}
      CREATE FUNCTION checked() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.code <> 'sesame' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER checked BEFORE INSERT ON locked FOR EACH ROW EXECUTE FUNCTION checked()`);
    expect((await shop.probe()).verdicts).toEqual({ locked: 'inconclusive' });
    const statements = ["INSERT INTO locked (tenant_id, code) VALUES ($1, 'sesame')"];
    const { verdicts, relation } = await shop.probe({ fixtures: [{ ...table, statements }] });
    expect(verdicts).toEqual({});
    expect(relation('locked').proofs.find(({ form }) => form === 'fixture')).toMatchObject({
      result: 'denied',
      sqlstate: '42501',
    });
  });

  it('make the tenants, where the application adds them by a function', async () => {
    const shop = await openShop();
    await shop.plant(`REVOKE INSERT ON tenants FROM :app;
      CREATE FUNCTION sign_up(key uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
        AS $$ INSERT INTO tenants (id, name) VALUES (key, 'new') $$`);
    expect((await shop.probe()).result.reason).toBe(
      'no tenant can be added to tenants: no INSERT; and there are no two tenants that exist',
    );
    const relation = { schema: 'public', name: 'tenants' };
    const { verdicts, result } = await shop.probe({
      fixtures: [{ relation, statements: ['SELECT sign_up($1)'] }],
    });
    expect({ verdicts, reason: result.reason }).toEqual({ verdicts: {}, reason: undefined });
  });

  it('are named where they fail', async () => {
    const shop = await openShop();
    await shop.plant(`CREATE TABLE locked (${TENANT}, ${ID}); ${isolate('locked')}`);
    const { relation } = await shop.probe({ fixtures: [{ ...table, statements: ['SELECT 1/0'] }] });
    expect(relation('locked').omissions[0]?.reason).toMatch(/its fixture failed: division by zero \(22012\)/);
  });
});

it('a table below an empty one that the app may not write to can be convicted, and not acquitted', async () => {
  const shop = await openShop();
  await shop.plant(`DELETE FROM countries; CREATE TABLE homes (${TENANT}, ${ID}, country char(2) NOT NULL REFERENCES countries);
    ${isolate('homes')}`);
  const { relation, verdicts } = await shop.probe();
  expect(verdicts).toEqual({ homes: 'inconclusive' });
  expect(relation('homes').omissions[0]?.reason).toBe('countries holds no row to refer to');
  expect(relation('homes').proofs.filter(({ by }) => by === 'evaluation').length).toBeGreaterThan(10);
  await shop.plant('CREATE POLICY open ON homes FOR SELECT USING (true)');
  expect((await shop.probe()).verdicts).toEqual({ homes: 'leaking' });
});
